import type { Core } from '../session/core.ts'
import { storageFailure } from './feed-store-files.ts'

/** Resolves when a core of any library is open. Rejects with an error of replic8. */
export function whenOpen(core: Core): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(storageFailure(error))
    if (!core.ready) return resolve()
    const promise = core.ready((error?: unknown) => (error ? fail(error) : resolve())) as
      | PromiseLike<void>
      | undefined
    if (typeof promise?.then === 'function') promise.then(resolve, fail)
  })
}

const contained = new WeakSet<object>()

/** An 'error' event that nobody listens to would end the process. */
export function containErrors(emitter: object) {
  if (contained.has(emitter)) return
  contained.add(emitter)
  ;(emitter as { on?(event: 'error', handler: () => void): unknown }).on?.('error', () => {})
}
