import fc from 'fast-check'
import hypercore from 'hypercore'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ManagedStorage } from '../../src/storage/core-storage.ts'
import { appendAll, closeCore, getBlock, openCore } from '../storage/cores.ts'
import { expectSame, FileModel, operation, runAgainst } from '../storage/file-model.ts'
import { ask, badlyAnswered, codeOf, pattern, promised } from '../storage/promised-file.ts'

export interface StorageUnderTest {
  storage: ManagedStorage
  /** The same bytes through something new, where the kind can; every file was closed before. */
  reopen(): Promise<ManagedStorage>
  teardown(): Promise<void>
}

export interface StorageKind {
  name: string
  /** An empty storage. */
  create(): Promise<StorageUnderTest>
}

/** What every storage of replic8 does, whatever it is made of. */
export function storageCompliance({ name, create }: StorageKind): void {
  describe(`${name} storage`, () => {
    let kind: StorageUnderTest
    const file = (filename = 'file') => promised(kind.storage(filename))
    const reopen = async (filename = 'file') => promised((await kind.reopen())(filename))

    beforeEach(async () => {
      kind = await create()
    })
    afterEach(async () => {
      await kind.teardown()
      expect(badlyAnswered(), 'callbacks that were not called exactly once').toEqual([])
    })

    describe('a file', () => {
      test('is empty before the first write', async () => {
        const empty = file()
        expect(await empty.size()).toBe(0)
        expect(await codeOf(empty.read(0, 1))).toBe('ERR_NOT_FOUND')
        expect(await empty.read(0, 0)).toHaveLength(0)
        await empty.del(0, 10)
        expect(await empty.size()).toBe(0)
        await empty.close()
      })

      test('gives back what was written, as a Buffer', async () => {
        const some = file()
        await some.write(0, pattern(100))
        await some.write(50, pattern(100, 2))
        const bytes = await some.read(0, 150)
        expectSame(bytes.subarray(0, 50), pattern(100).subarray(0, 50))
        expectSame(bytes.subarray(50), pattern(100, 2))
        expect(Buffer.isBuffer(bytes)).toBe(true)
        expect(await some.size()).toBe(150)
        await some.close()
      })

      test('reads as zeros where nothing was written', async () => {
        const sparse = file()
        await sparse.write(100_000, pattern(10))
        expect(await sparse.size()).toBe(100_010)
        expectSame(await sparse.read(0, 100_000), new Uint8Array(100_000))
        expectSame(await sparse.read(99_990, 20), Uint8Array.of(...new Uint8Array(10), ...pattern(10)))
        await sparse.close()
      })

      test('refuses to read beyond its end', async () => {
        const short = file()
        await short.write(0, pattern(10))
        expect(await codeOf(short.read(5, 6))).toBe('ERR_NOT_FOUND')
        expect(await codeOf(short.read(10, 1))).toBe('ERR_NOT_FOUND')
        expect(await codeOf(short.read(1_000_000, 1))).toBe('ERR_NOT_FOUND')
        expect(await codeOf(short.read(0, Number.MAX_SAFE_INTEGER))).toBe('ERR_NOT_FOUND')
        expect(await codeOf(short.read(11, 0))).toBe('ERR_NOT_FOUND')
        expect(await short.read(10, 0)).toHaveLength(0)
        await short.close()
      })

      test('is not changed by a write of nothing', async () => {
        const some = file()
        await some.write(1000, new Uint8Array(0))
        expect(await some.size()).toBe(0)
        await some.write(0, pattern(10))
        await some.write(5, new Uint8Array(0))
        expectSame(await some.read(0, 10), pattern(10))
        expect(await some.size()).toBe(10)
        await some.close()
      })

      test('refuses offsets and sizes that are no numbers of bytes', async () => {
        const some = file()
        await some.write(0, pattern(10))
        expect(await codeOf(some.read(-1, 1))).toBe('ERR_BAD_ARGUMENT')
        expect(await codeOf(some.read(0, Number.NaN))).toBe('ERR_BAD_ARGUMENT')
        expect(await codeOf(some.write(0.5, pattern(1)))).toBe('ERR_BAD_ARGUMENT')
        expect(await codeOf(some.del(-1, 1))).toBe('ERR_BAD_ARGUMENT')
        expectSame(await some.read(0, 10), pattern(10))
        await some.close()
      })

      test('keeps its length when page-aligned writes overlap in time', async () => {
        const some = file()
        await some.write(0, pattern(10))
        await Promise.all([some.write(65_536, pattern(65_536, 2)), some.write(0, pattern(65_536, 3))])
        expect(await some.size()).toBe(131_072)
        await some.close()

        const again = await reopen()
        expect(await again.size()).toBe(131_072)
        expectSame(await again.read(0, 65_536), pattern(65_536, 3))
        expectSame(await again.read(65_536, 65_536), pattern(65_536, 2))
        await again.close()
      })

      test('takes writes that were made together in the order of the calls', async () => {
        const some = file()
        const writes = Array.from({ length: 50 }, (_, i) => some.write(i * 1000, pattern(30_000, i)))
        await Promise.all(writes)
        for (let i = 0; i < 49; i++) {
          expectSame(await some.read(i * 1000, 1000), pattern(30_000, i).subarray(0, 1000))
        }
        expectSame(await some.read(49_000, 30_000), pattern(30_000, 49))
        await some.close()
      })

      test('shows a write to a read that was called after it, answered or not', async () => {
        const some = file()
        await some.write(0, pattern(40_000))
        const write = some.write(20_000, pattern(100, 2))
        const [bytes] = await Promise.all([some.read(20_000, 100), write])
        expectSame(bytes, pattern(100, 2))
        await some.close()
      })

      test('is the same file for everybody who opens its name', async () => {
        const [one, other] = [file(), file()]
        await one.write(0, pattern(20_000))
        expectSame(await other.read(0, 20_000), pattern(20_000))
        await other.write(20_000, pattern(10))
        await one.close()
        expect(await other.size()).toBe(20_010)
        await other.close()
      })
    })

    describe('deleting', () => {
      test('zeros a range in the middle', async () => {
        const some = file()
        await some.write(0, pattern(100_000))
        await some.del(10, 20)
        await some.del(20_000, 60_000)
        const expected = pattern(100_000)
        expected.fill(0, 10, 30).fill(0, 20_000, 80_000)
        expectSame(await some.read(0, 100_000), expected)
        await some.close()
        expectSame(await (await reopen()).read(0, 100_000), expected)
      })

      test.each([10, 16_384, 20_000, 65_536])(
        'truncates at %i when the range reaches the end',
        async (at) => {
          const some = file()
          await some.write(0, pattern(100_000))
          await some.del(at, 100_000 - at)
          expect(await some.size()).toBe(at)
          expect(await codeOf(some.read(at, 1))).toBe('ERR_NOT_FOUND')
          expectSame(await some.read(0, at), pattern(100_000).subarray(0, at))
          await some.close()
          expect(await (await reopen()).size()).toBe(at)
        },
      )

      test('truncates when the range goes beyond the end, even without an end', async () => {
        const some = file()
        await some.write(0, pattern(100_000))
        await some.del(50_000, 1_000_000)
        expect(await some.size()).toBe(50_000)
        await some.del(32, Infinity)
        expect(await some.size()).toBe(32)
        await some.close()
      })

      test('does nothing behind the end, or to nothing', async () => {
        const some = file()
        await some.write(0, pattern(100))
        await some.del(200, 50)
        await some.del(100, Infinity)
        await some.del(50, 0)
        expect(await some.size()).toBe(100)
        expectSame(await some.read(0, 100), pattern(100))
        await some.close()
      })

      test('leaves nothing of the old bytes to a file that grows again', async () => {
        const some = file()
        await some.write(0, pattern(100_000))
        await some.del(10, Infinity)
        await some.write(99_999, Uint8Array.of(7))
        const expected = new Uint8Array(100_000)
        expected.set(pattern(10))
        expected[99_999] = 7
        expectSame(await some.read(0, 100_000), expected)
        await some.close()
        expectSame(await (await reopen()).read(0, 100_000), expected)
      })
    })

    describe('closing', () => {
      test('answers what was called before, refuses what is called after', async () => {
        const some = file()
        const write = some.write(0, pattern(50_000))
        const read = some.read(0, 50_000)
        const close = some.close()
        const late = codeOf(some.read(0, 1))
        await Promise.all([write, close])
        expectSame(await read, pattern(50_000))
        expect(await late).toBe('ERR_CLOSED')
        expect(await codeOf(some.write(0, pattern(1)))).toBe('ERR_CLOSED')
        await some.close()
      })

      test('is possible without having been opened', async () => {
        const some = file()
        await some.close()
        expect(await codeOf(some.open())).toBe('ERR_CLOSED')
      })

      test('keeps everything for the next time', async () => {
        const names = ['key', 'a/data', 'a/b/data']
        await Promise.all(
          names.map(async (filename, i) => {
            const some = file(filename)
            await some.write(0, pattern(30_000, i))
            await some.close()
          }),
        )
        const storage = await kind.reopen()
        for (const [i, filename] of names.entries()) {
          const some = promised(storage(filename))
          expectSame(await some.read(0, 30_000), pattern(30_000, i))
          await some.close()
        }
      })
    })

    describe('removing', () => {
      test('a file leaves an empty one', async () => {
        const [some, other] = [file('a/one'), file('a/two')]
        await some.write(0, pattern(50_000))
        await other.write(0, pattern(10))
        await some.destroy()
        await some.destroy()
        await other.close()
        expect(await kind.storage.list()).toEqual(['a/two'])
        const again = await reopen('a/one')
        expect(await again.size()).toBe(0)
        await again.close()
      })

      test('a folder leaves the others', async () => {
        for (const filename of ['a/key', 'a/b/key', 'ab/key', 'key']) {
          const some = file(filename)
          await some.write(0, pattern(20_000))
          await some.close()
        }
        expect(await kind.storage.list()).toEqual(['a/b/key', 'a/key', 'ab/key', 'key'])
        expect(await kind.storage.list('a')).toEqual(['a/b/key', 'a/key'])
        expect(await kind.storage.list('nothing')).toEqual([])
        await kind.storage.remove('a')
        await kind.storage.remove('nothing')
        expect(await kind.storage.list()).toEqual(['ab/key', 'key'])
        expect(await file('a/key').size()).toBe(0)
      })

      test('everything leaves an empty storage', async () => {
        const some = file()
        await some.write(0, pattern(20_000))
        await some.close()
        await kind.storage.destroy()
        await kind.storage.destroy()
        expect(await kind.storage.list()).toEqual([])
        expect(await file().size()).toBe(0)
      })

      test('is refused for a core that is open', async () => {
        const core = await openCore(kind.storage, 'one')
        await appendAll(core, [pattern(10)])
        expect(await codeOf(kind.storage.remove('one'))).toBe('ERR_STORAGE_LOCKED')
        expect(await codeOf(kind.storage.remove(''))).toBe('ERR_STORAGE_LOCKED')
        expectSame(await getBlock(core, 0), pattern(10))
        await closeCore(core)
        await kind.storage.remove('one')
        expect(await kind.storage.list()).toEqual([])
      })
    })

    test('1,000 random operations leave what a simple model has', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { minLength: 1000, maxLength: 1000, size: 'max' }),
          async (operations) => {
            await kind.storage.destroy()
            const model = new FileModel()
            const some = file()
            await runAgainst(model, some, operations)
            await some.close()
            const again = await reopen()
            expect(await again.size()).toBe(model.bytes.length)
            expectSame(await again.read(0, model.bytes.length), model.bytes)
            await again.close()
          },
        ),
        { numRuns: 2, endOnFailure: true },
      )
    })

    describe('hypercore', () => {
      const blocks = Array.from({ length: 200 }, (_, i) =>
        pattern(i % 7 === 0 ? 65_536 : (i * 3331) % 70_001, i),
      )

      test('reads back every block after closing and opening again', async () => {
        const core = await openCore(kind.storage, 'core')
        await appendAll(core, blocks.slice(0, 100))
        for (const block of blocks.slice(100, 110)) await appendAll(core, [block])
        await Promise.all(blocks.slice(110).map((block) => appendAll(core, [block])))
        const { key } = core
        await closeCore(core)

        const again = await openCore(await kind.reopen(), 'core')
        expect([...again.key]).toEqual([...key])
        expect(again.writable).toBe(true)
        expect(again.length).toBe(200)
        for (const [i, block] of blocks.entries()) expectSame(await getBlock(again, i), block)
        await closeCore(again)
      })

      test('clears blocks and keeps the others', async () => {
        const core = await openCore(kind.storage, 'core')
        await appendAll(core, blocks.slice(0, 20))
        await ask((cb) => core.clear(5, 15, cb))
        await closeCore(core)
        const again = await openCore(await kind.reopen(), 'core')
        for (const i of [0, 4, 15, 19]) expectSame(await getBlock(again, i), blocks[i] as Uint8Array)
        expect([4, 5, 14, 15].map((i) => again.has(i))).toEqual([true, false, false, true])
        await closeCore(again)
      })

      test('frees its storage when it is destroyed', async () => {
        const core = await openCore(kind.storage, 'core')
        await appendAll(core, blocks.slice(0, 5))
        await ask((cb) => core.destroyStorage(cb))
        expect(await kind.storage.list()).toEqual([])
      })

      test('is told ERR_STORAGE_LOCKED when the core is open already, and the first goes on unharmed', async () => {
        const first = await openCore(kind.storage, 'core')
        await appendAll(first, [pattern(10, 0)])
        expect(await codeOf(openCore(kind.storage, 'core'))).toBe('ERR_STORAGE_LOCKED')
        expect(await codeOf(openCore(kind.storage, 'core'))).toBe('ERR_STORAGE_LOCKED')
        for (let i = 1; i < 20; i++) await appendAll(first, [pattern(1000, i)])
        const refused = hypercore((filename: string) => kind.storage(`core/${filename}`))
        refused.on('error', () => {})
        expect(await codeOf(ask((cb) => refused.destroyStorage(cb)))).toBe('ERR_STORAGE_LOCKED')
        const elsewhere = await openCore(kind.storage, 'another')
        await closeCore(elsewhere)
        await closeCore(first)

        const again = await openCore(await kind.reopen(), 'core')
        expect(again.length).toBe(20)
        for (let i = 1; i < 20; i++) expectSame(await getBlock(again, i), pattern(1000, i))
        await closeCore(again)
      })
    })
  })
}
