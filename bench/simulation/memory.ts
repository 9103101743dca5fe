import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/** Bytes of the heap that are in use, garbage not counted. */
export function heapBytes(): number {
  if (!collect) {
    setFlagsFromString('--expose_gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  return process.memoryUsage().heapUsed
}
