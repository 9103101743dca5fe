import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { memory } from '../../src/storage/memory.ts'
import { FileModel, operation, runAgainst } from './file-model.ts'
import { badlyAnswered, codeOf, pattern, promised } from './promised-file.ts'

/** The file that `hypercore(memory)` gets for each of its names. */
const lone = (name = 'data') => promised(memory(name))

afterEach(() => {
  expect(badlyAnswered(), 'callbacks that were not called exactly once').toEqual([])
})

test('random operations leave what a simple model has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
      await runAgainst(new FileModel(), lone(), operations)
    }),
    { numRuns: 40 },
  )
})

test('is another file at each call, whatever the name', async () => {
  const [one, other] = [lone('key'), lone('key')]
  await one.write(0, pattern(10))
  expect(await other.size()).toBe(0)
})

test('takes a copy of what is written, and gives a copy', async () => {
  const file = lone()
  const bytes = pattern(10)
  await file.write(0, bytes)
  bytes.fill(0)
  const read = await file.read(0, 10)
  expect(Buffer.isBuffer(read)).toBe(true)
  read.fill(1)
  expect([...(await file.read(0, 10))]).toEqual([...pattern(10)])
})

test('refuses what is no number of bytes', async () => {
  const file = lone()
  expect(await codeOf(file.read(-1, 1))).toBe('ERR_BAD_ARGUMENT')
  expect(await codeOf(file.write(0.5, pattern(1)))).toBe('ERR_BAD_ARGUMENT')
  expect(await codeOf(file.write(-1, pattern(0)))).toBe('ERR_BAD_ARGUMENT')
  expect(await codeOf(file.del(0, Number.NaN))).toBe('ERR_BAD_ARGUMENT')
  expect(await file.size()).toBe(0)
})

test('refuses what is called after it was closed, and forgets when it is destroyed', async () => {
  const file = lone()
  await file.open()
  await file.write(0, pattern(10))
  await file.close()
  expect(await codeOf(file.read(0, 1))).toBe('ERR_CLOSED')
  expect(await codeOf(file.open())).toBe('ERR_CLOSED')
  await file.destroy()
  await file.destroy()
})

test('what is not there is refused without a search for who asked', async () => {
  const error = await lone('key')
    .read(0, 32)
    .catch((error) => error)
  expect(error).toMatchObject({ code: 'ERR_NOT_FOUND', message: expect.stringContaining('"key"') })
  expect(error.stack).not.toContain('\n    at ')
  expect(new Error('other').stack).toContain('\n    at ')
})
