import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Waits until nothing holds on to an object; what never lets go of it runs into the test's time limit. */
export async function collected(ref: WeakRef<object>) {
  while (ref.deref()) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
}
