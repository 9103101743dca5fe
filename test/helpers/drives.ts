import hyperdrive from 'hyperdrive'
import { memory, type TestCore } from './cores.ts'

/** A writable hyperdrive with these files. */
export async function drive(files: Record<string, string> = {}, store: unknown = memory): Promise<TestCore> {
  const one = hyperdrive(store)
  await opened(one)
  for (const [name, data] of Object.entries(files)) await write(one, name, data)
  return one
}

/** A hyperdrive of somebody else's key. */
export function driveOf(key: Uint8Array, store: unknown = memory): TestCore {
  return hyperdrive(store, key)
}

export function opened(one: TestCore): Promise<void> {
  return new Promise((resolve, reject) =>
    one.ready((error: Error | null) => (error ? reject(error) : resolve())),
  )
}

export function write(one: TestCore, name: string, data: string): Promise<void> {
  return new Promise((resolve, reject) =>
    one.writeFile(name, data, (error: Error | null) => (error ? reject(error) : resolve())),
  )
}

export function read(one: TestCore, name: string): Promise<string> {
  return new Promise((resolve, reject) =>
    one.readFile(name, 'utf8', (error: Error | null, data: string) =>
      error ? reject(error) : resolve(data),
    ),
  )
}

/** The feed that holds the files of a drive. */
export function contentOf(one: TestCore): Promise<TestCore> {
  return new Promise((resolve, reject) =>
    one.getContent((error: Error | null, feed: TestCore) => (error ? reject(error) : resolve(feed))),
  )
}

/** True when every block of both feeds of a drive is here. */
export async function isWhole(one: TestCore, original: TestCore): Promise<boolean> {
  const pairs = [
    [one.metadata, original.metadata],
    [await contentOf(one), await contentOf(original)],
  ]
  return pairs.every(([copy, { length }]) => copy.length === length && copy.downloaded(0, length) === length)
}
