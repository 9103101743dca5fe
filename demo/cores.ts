import { type Hypercore, type HypercoreOptions, hypercore } from '../src/entry/index.ts'
import type { ManagedStorage } from '../src/entry/storage.ts'

/** A method of hypercore, which takes a callback, as a promise. */
export function promised<T>(call: (done: (error: Error | null, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}

// biome-ignore lint/suspicious/noExplicitAny: messages are JSON, files are bytes.
export type AnyCore = Hypercore<any>

/** A core in a folder of the storage; without a key one is made, if the folder holds none. */
export function openCore<T>(
  storage: ManagedStorage,
  folder: string,
  key: string | null,
  options: HypercoreOptions<T>,
): Hypercore<T> {
  return hypercore<T>((filename) => storage(`${folder}/${filename}`), key, options)
}

export const whenReady = (core: AnyCore) => promised<void>((done) => core.ready(done))

/** Blocks that are here. */
export const blocksHere = (core: AnyCore) => (core.opened ? core.downloaded(0, core.length) : 0)
