import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RandomAccessStorage, Storage } from '../../src/random-access-storage.ts'
import { crc32 } from '../../src/replicator/crc32.ts'
import { FeedIndex } from '../../src/replicator/feed-index.ts'
import { StoredFile } from '../../src/replicator/feed-store-files.ts'
import { memory } from '../../src/storage/memory.ts'

/** What an index has after it was opened anew. */
async function reopened(storage: Storage): Promise<Record<string, unknown>> {
  const index = new FeedIndex<unknown>(storage, 'index')
  await index.open()
  const entries = Object.fromEntries(index.entries())
  await index.close()
  return entries
}

async function opened<V = unknown>(storage: Storage): Promise<FeedIndex<V>> {
  const index = new FeedIndex<V>(storage, 'index')
  await index.open()
  return index
}

/** Storage that writes the first `budget` bytes that it is given, and none after that, as after a crash. */
function crashing(storage: Storage, budget: number): Storage {
  let left = budget
  return (name) => {
    const file = storage(name)
    const write: RandomAccessStorage['write'] = (offset, data, cb = () => {}) => {
      const part = data.subarray(0, left)
      const isWhole = part.length === data.length
      left -= part.length
      file.write(offset, part, (error) => cb(error ?? (isWhole ? null : new Error('The power went off.'))))
    }
    return new Proxy(file, {
      get: (target, property) => {
        if (property === 'write') return write
        const value = Reflect.get(target, property, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

/** A bit at a time, as the standard has it. */
function bitwise(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return ~sum >>> 0
}

test('the checksum is CRC-32 of any bytes, also in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 40 }), (first, second) => {
      expect(crc32(second, crc32(first))).toBe(bitwise(Buffer.concat([first, second])))
    }),
  )
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(crc32(Buffer.from('6789'), crc32(Buffer.from('12345')))).toBe(0xcbf43926)
})

test('what was set is there after a restart, in the order in which it came', async () => {
  const storage = memory()
  const index = await opened(storage)
  await Promise.all([index.set('b', 1), index.set('a', { some: ['json', null] }), index.set('c', 'ü')])
  await index.set('b', 2)
  await index.delete('c')
  await index.delete('never there')
  await index.close()
  expect(Object.entries(await reopened(storage))).toEqual([
    ['b', 2],
    ['a', { some: ['json', null] }],
  ])
})

const step = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  value: fc.option(fc.jsonValue(), { nil: undefined }),
})

test('a crash at any byte loses nothing that was acknowledged, and makes nothing up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.nat(6000), async (steps, budget) => {
      const storage = memory()
      const index = await opened(crashing(storage, budget + 1)).catch(() => undefined)
      let kept: Record<string, unknown> = {}
      let attempted = kept
      for (const { id, value } of steps) {
        const { [id]: _, ...others } = kept
        attempted = value === undefined ? others : { ...kept, [id]: value }
        const change = value === undefined ? index?.delete(id) : index?.set(id, value)
        const isSaved = await change?.then(
          () => true,
          () => false,
        )
        if (!isSaved) break
        kept = attempted
      }
      await index?.close()
      const plain = (some: unknown) => JSON.parse(JSON.stringify(some))
      expect([plain(kept), plain(attempted)]).toContainEqual(await reopened(storage))
    }),
    {
      numRuns: 200,
      // The power went off in the middle of the very first header.
      examples: Array.from({ length: 60 }, (_, budget): [{ id: 'a'; value: object }[], number] => [
        [{ id: 'a', value: {} }],
        budget,
      ]),
    },
  )
})

test('after a failed write the index goes on, and what failed is taken back', async () => {
  const storage = memory()
  let isFull = false
  const index = await opened<number>((name) => {
    const file = storage(name)
    const write = file.write.bind(file)
    file.write = (offset, data, cb = () => {}) => {
      // Half of it arrives.
      if (isFull) write(offset, data.subarray(0, data.length / 2), () => cb(new Error('The disk is full.')))
      else write(offset, data, cb)
    }
    return file
  })
  await index.set('a', 1)
  isFull = true
  await expect(index.set('a', 2)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  await expect(index.set('b', 2)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  expect(Object.fromEntries(index.entries())).toEqual({ a: 1 })
  isFull = false
  await index.set('c', 3)
  await index.close()
  expect(await reopened(storage)).toEqual({ a: 1, c: 3 })
})

test('changes over and over do not make the files grow', async () => {
  const storage = memory()
  const index = await opened<string>(storage)
  for (let i = 0; i < 2000; i++) await index.set(`${i % 3}`, 'x'.repeat(100))
  await index.close()
  for (const name of ['index/a', 'index/b']) {
    const file = new StoredFile(storage, name)
    expect(await file.size()).toBeLessThan(20_000)
    await file.close()
  }
  expect(Object.keys(await reopened(storage))).toEqual(['0', '1', '2'])
})

test('a torn tail is left out, and what comes after it is read', async () => {
  const storage = memory()
  const index = await opened<number>(storage)
  await index.set('a', 1)
  await index.close()
  const file = new StoredFile(storage, 'index/a')
  await file.write(await file.size(), Buffer.from('half of a frame'))
  await file.close()
  const again = await opened<number>(storage)
  expect(again.get('a')).toBe(1)
  await again.set('b', 2)
  await again.close()
  expect(await reopened(storage)).toEqual({ a: 1, b: 2 })
})

test('what a rewrite that was cut short left behind does not come back, also where nothing can be cut off', async () => {
  const storage = memory()
  const uncut: Storage = (name) => {
    const file = storage(name)
    file.del = (_offset, _size, cb = () => {}) => cb(new Error('Not deletable.'))
    return file
  }
  const first = await opened<number>(uncut)
  await first.set('a', 1)
  await first.close()
  const tail = new StoredFile(storage, 'index/a')
  await tail.write(await tail.size(), Buffer.from('torn'))
  await tail.close()
  // A rewrite of a and b that ends before the header is out.
  const second = await opened<number>((name) => {
    const file = uncut(name)
    const write = file.write.bind(file)
    if (name === 'index/b') {
      file.write = (offset, data, cb = () => {}) => {
        if (offset === 0) cb(new Error('The power went off.'))
        else write(offset, data, cb)
      }
    }
    return file
  })
  await expect(second.set('b', 2)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  await second.close()
  // One of a only, over it.
  const third = await opened<number>(uncut)
  await third.set('a', 1)
  await third.close()
  expect(await reopened(uncut)).toEqual({ a: 1 })
})

test('an index of which both files are damaged is an error, and not an empty one', async () => {
  const storage = memory()
  const index = await opened<number>(storage)
  await index.set('a', 1)
  await index.close()
  const file = new StoredFile(storage, 'index/a')
  await file.write(25, Buffer.from('damage'))
  await file.close()
  await expect(opened(storage)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
})

test('an index is open in one place at a time', async () => {
  const storage = memory()
  const index = await opened(storage)
  await expect(opened(storage)).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
  await index.close()
  await (await opened(storage)).close()
})

test('a storage that makes a new file at each call is refused', async () => {
  const index = await opened(memory)
  await expect(index.set('a', 1)).rejects.toMatchObject({
    code: 'ERR_BAD_ARGUMENT',
    message: expect.stringContaining('memory()'),
  })
  await index.close()
})
