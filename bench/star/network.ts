// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 and multifeed 6 have no types of their own.
export type Untyped = any

/** A leaf of a star in this process. Leaf 0 writes; the others follow what it writes. */
export interface Star {
  /** Leaf 0 makes a feed with one block. Resolves when all other leaves have that block. */
  newFeed(block: Uint8Array): Promise<void>
  /** Leaf 0 appends to the feed that it made last. Resolves when all other leaves have the block. */
  append(block: Uint8Array): Promise<void>
  /** What the leaves have of the feed that was made last, block by block: leaf 0 first. */
  read(): Promise<Uint8Array[][]>
}

/** Makes a star of a hub and so many leaves, and connects them. */
export type MakeStar = (leaves: number) => Promise<Star>

/** Calls back when a core has its block of this index. */
export function hasBlock(core: Untyped, index: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!core.has(index)) return
      core.removeListener('download', look)
      resolve()
    }
    core.on('download', look)
    look()
  })
}

/** Every block of a core. */
export async function blocksOf(core: Untyped): Promise<Uint8Array[]> {
  return Promise.all(
    Array.from({ length: core.length }, (_, i) => called<Uint8Array>((done) => core.get(i, done))),
  )
}

export function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}

/** The ends of both streams, joined. */
export function join(near: Untyped, far: Untyped): void {
  near.pipe(far).pipe(near)
}
