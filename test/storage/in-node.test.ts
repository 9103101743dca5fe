import { expect, test } from 'vitest'
import { idb } from '../../src/storage/idb.ts'
import { file } from '../../src/storage/no-file.ts'
import { persist, usage } from '../../src/storage/persistence.ts'
import { codeOf, promised } from './promised-file.ts'

test('what is for browsers says so in Node', async () => {
  const stored = promised(idb('name')('file'))
  await expect(stored.read(0, 1)).rejects.toMatchObject({
    code: 'ERR_STORAGE',
    message: expect.stringContaining('file(directory)'),
  })
  expect(await codeOf(idb('name').destroy())).toBe('ERR_STORAGE')
  await stored.close()
})

test('files in Node stay, and nobody counts them', async () => {
  expect(await persist()).toBe(true)
  expect(await usage()).toEqual({ used: undefined, quota: undefined, persisted: true })
})

test('file() in a browser says that it is for Node', () => {
  expect(() => file('folder')).toThrow(/idb\(name\)/)
})
