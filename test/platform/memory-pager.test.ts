import fc from 'fast-check'
import memoryPager from 'memory-pager'
import { expect, test } from 'vitest'
import pager from '../../src/platform/engine/memory-pager.ts'

type Options = { pageSize: number; pattern: boolean }
type Step = { kind: 'get' | 'look' | 'write' | 'set' | 'unset' | 'last'; index: number; byte: number }

const options: fc.Arbitrary<Options> = fc.record({
  pageSize: fc.constantFrom(1, 4, 32),
  pattern: fc.boolean(),
})
// The package takes page 32,768 for page 0: the next ones are where its numbers are right again.
const index = fc.oneof(fc.nat(4), fc.nat(2000), fc.integer({ min: 32_769, max: 70_000 }))
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('get', 'look', 'write', 'write', 'write', 'set', 'unset', 'last'),
  index,
  byte: fc.constantFrom(0, 1, 255),
})

// biome-ignore lint/suspicious/noExplicitAny: the package has no types.
type AnyPager = any

function create(make: (size: number, options?: object) => AnyPager, { pageSize, pattern }: Options) {
  return pattern ? make(pageSize, { deduplicate: Buffer.alloc(pageSize, 255) }) : make(pageSize)
}

/** What can be seen of a page. */
function seen(page: AnyPager) {
  return page ? [page.offset, page.buffer.toString('hex'), page.updated] : null
}

/** Does one step, and tells what can be seen of it. */
function act(pages: AnyPager, { kind, index, byte }: Step, { pageSize }: Options) {
  switch (kind) {
    case 'get':
      return seen(pages.get(index))
    case 'look':
      return seen(pages.get(index, true))
    case 'write': {
      const page = pages.get(index)
      page.buffer.fill(byte)
      pages.updated(page)
      return seen(page)
    }
    case 'set':
      // Shorter and longer than a page, too.
      return pages.set(index, Buffer.alloc(pageSize + (index % 3) - 1, byte))
    case 'unset':
      return pages.set(index, null)
    case 'last':
      return seen(pages.lastUpdate())
  }
}

test('pages are made, changed, shared and reported as by the package', () => {
  fc.assert(
    fc.property(options, fc.array(step, { maxLength: 60 }), (given, steps) => {
      const [ours, theirs] = [create(pager, given), create(memoryPager, given)]
      for (const one of steps) {
        expect(act(ours, one, given)).toEqual(act(theirs, one, given))
        expect(ours.length).toBe(theirs.length)
        expect(ours.updates.length).toBe(theirs.updates.length)
      }
      for (const { index } of steps) {
        expect(seen(ours.get(index, true))).toEqual(seen(theirs.get(index, true)))
        expect(ours.get(index, true)?.buffer === ours.deduplicate).toBe(
          theirs.get(index, true)?.buffer === theirs.deduplicate,
        )
      }
    }),
  )
})

test('all pages in a row are as those of the package', () => {
  const pages = fc.array(fc.tuple(fc.nat(40), fc.constantFrom(0, 7, 255)), { maxLength: 20 })
  fc.assert(
    fc.property(options, pages, (given, written) => {
      const [ours, theirs] = [create(pager, given), create(memoryPager, given)]
      for (const [index, byte] of written) {
        for (const pages of [ours, theirs]) pages.set(index, Buffer.alloc(given.pageSize, byte))
      }
      expect(ours.toBuffer()).toEqual(theirs.toBuffer())
    }),
  )
})

test('page 32,768 is a page of its own', () => {
  const pages = pager(4)
  pages.get(0)?.buffer.fill(1)
  pages.get(32_768)?.buffer.fill(2)
  expect([...(pages.get(0)?.buffer ?? [])]).toEqual([1, 1, 1, 1])
})
