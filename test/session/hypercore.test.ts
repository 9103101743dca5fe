import original from 'hypercore'
import { expect, test } from 'vitest'
import { hypercore } from '../../src/entry/hypercore.ts'
import { memory } from '../../src/storage/memory.ts'
import { append, blocks, ready, type TestCore } from '../helpers/cores.ts'

const Feed = hypercore as TestCore

test('takes its arguments as hypercore does', async () => {
  const key = Buffer.alloc(32, 1)
  const hex = key.toString('hex')
  const options = { sparse: true }
  const made: TestCore[] = [
    hypercore(memory, key, options),
    new hypercore(memory, key, options),
    hypercore(memory, hex, options),
    Feed(memory, { key, sparse: true }),
    hypercore(memory, null, { key, sparse: true }),
    hypercore(memory, undefined, { key, sparse: true }),
  ]
  await Promise.all(made.map(ready))
  for (const core of made) expect([core.key.toString('hex'), core.sparse]).toEqual([hex, true])
  const fresh: TestCore[] = [hypercore(memory), hypercore(memory, null), hypercore(memory, {})]
  await Promise.all(fresh.map(ready))
  for (const core of fresh) expect([core.writable, core.sparse]).toEqual([true, false])
})

test('gives feeds of hypercore’s own class, and of classes that extend it', () => {
  class Own extends Feed {}
  const own = new (Own as TestCore)(memory)
  expect([own instanceof Own, own instanceof original, hypercore(memory) instanceof Feed]).toEqual([
    true,
    true,
    true,
  ])
  expect(Feed.discoveryKey).toBe(original.discoveryKey)
})

test('refuses what hypercore refuses', () => {
  expect(() => Feed()).toThrow('Storage should be a function or string')
})

test('each feed has a Noise key pair of its own, and the one that it was given', async () => {
  const [one, other] = [hypercore(memory), hypercore(memory)] as TestCore[]
  expect(one.noiseKeyPair.publicKey).toHaveLength(32)
  expect(one.noiseKeyPair.publicKey).toBe(one.noiseKeyPair.publicKey)
  expect(one.noiseKeyPair.publicKey.equals(other.noiseKeyPair.publicKey)).toBe(false)
  const noiseKeyPair = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(32) }
  expect((hypercore(memory, { noiseKeyPair }) as TestCore).noiseKeyPair).toBe(noiseKeyPair)
})

test('replicates over a stream of its own, with that key pair', async () => {
  const writer: TestCore = hypercore(memory)
  await append(writer, ['a', 'b'])
  const reader: TestCore = hypercore(memory, writer.key)
  const [from, to] = [writer.replicate(true, { live: true }), reader.replicate(false, { live: true })]
  for (const stream of [from, to]) stream.on('error', () => {})
  from.pipe(to).pipe(from)
  await expect.poll(() => reader.downloaded?.(0, 2)).toBe(2)
  expect(to.remotePublicKey.equals(writer.noiseKeyPair.publicKey)).toBe(true)
  expect(await blocks(reader)).toEqual(['a', 'b'])
  from.destroy()
})
