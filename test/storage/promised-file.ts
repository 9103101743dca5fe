import type { RandomAccessStorage, StorageCallback } from '../../src/random-access-storage.ts'

type Start<T> = (cb: StorageCallback<T>) => void

/** How often each callback that was ever given out has been called; one that is not 1 is a broken promise. */
const answers: number[] = []

/** Calls that were never answered, or more than once, since the last time this was asked. */
export function badlyAnswered(): number[] {
  return answers.splice(0).filter((count) => count !== 1)
}

/** One call with a callback, as a promise. */
export function ask<T>(start: Start<T>): Promise<T> {
  const call = answers.push(0) - 1
  return new Promise((resolve, reject) => {
    let returned = false
    start((error, value) => {
      answers[call] = (answers[call] ?? 0) + 1
      if (!returned) reject(new Error('The callback was called before the call returned.'))
      if (error) reject(error)
      else resolve(value as T)
    })
    returned = true
  })
}

/** The code of the error that a promise rejects with; 'none' when it does not. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error) => error.code ?? String(error),
  )
}

/** A file with promises. */
export function promised(file: RandomAccessStorage) {
  return {
    open: () => ask((cb) => file.open(cb)),
    read: (offset: number, size: number) => ask<Uint8Array>((cb) => file.read(offset, size, cb)),
    write: (offset: number, data: Uint8Array) => ask((cb) => file.write(offset, data, cb)),
    del: (offset: number, size: number) => ask((cb) => file.del(offset, size, cb)),
    size: () => ask<{ size: number }>((cb) => file.stat(cb)).then(({ size }) => size),
    close: () => ask((cb) => file.close(cb)),
    destroy: () => ask((cb) => file.destroy(cb)),
  }
}

export type PromisedFile = ReturnType<typeof promised>

/** `size` bytes that differ from place to place and from seed to seed. */
export function pattern(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 101 + (i >> 8)) & 255)
}
