import hypercore from 'hypercore'
import ram from 'random-access-memory'

// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 has no types of its own.
export type TestCore = any

/** A memory of pages of 4 KB: the library's default of 1 MB costs too much for many feeds. */
export const memory = () => new ram({ pageSize: 4096 })

/** A writable core with this many blocks. */
export async function writer(blocks: number | (string | Uint8Array)[] = 0, options = {}): Promise<TestCore> {
  const core = hypercore(memory, options)
  const data = typeof blocks === 'number' ? Array.from({ length: blocks }, (_, i) => `block ${i}`) : blocks
  await ready(core)
  if (data.length > 0) await append(core, data)
  return core
}

/** A core of somebody else's key. */
export function reader(key: Uint8Array, options = {}): TestCore {
  return hypercore(memory, key, options)
}

export function ready(core: TestCore): Promise<void> {
  return new Promise((resolve, reject) =>
    core.ready((error: Error | null) => (error ? reject(error) : resolve())),
  )
}

export function append(core: TestCore, data: unknown): Promise<void> {
  return new Promise((resolve, reject) =>
    core.append(data, (error: Error | null) => (error ? reject(error) : resolve())),
  )
}

/** All blocks of a core, as text, without asking the network. */
export function blocks(core: TestCore): Promise<string[]> {
  const get = (index: number) =>
    new Promise<string>((resolve, reject) =>
      core.get(index, { wait: false }, (error: Error | null, block: Buffer) =>
        error ? reject(error) : resolve(block.toString()),
      ),
    )
  return Promise.all(Array.from({ length: core.length }, (_, i) => get(i)))
}
