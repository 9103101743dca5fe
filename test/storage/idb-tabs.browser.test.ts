import { expect, test } from 'vitest'
import { idb } from '../../src/storage/idb.ts'
import { lockName } from '../../src/storage/web-lock.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { openTab } from './open-tab.ts'
import { codeOf, pattern, promised } from './promised-file.ts'

const uniqueName = () => `tabs ${Math.random()}`

test('a core that is open in one tab is refused in another, and goes on unharmed', async () => {
  const name = uniqueName()
  const other = await openTab()
  const core = await openCore(idb(name), 'core')
  for (let i = 0; i < 20; i++) {
    const [code] = await Promise.all([
      i % 5 === 0 ? other.openCode(name, 'core') : 'ERR_STORAGE_LOCKED',
      appendAll(core, [pattern(1000, i)]),
    ])
    expect(code).toBe('ERR_STORAGE_LOCKED')
  }
  expect(await other.openCode(name, 'another core')).toBe('none')
  await closeCore(core)

  const again = await openCore(idb(name), 'core')
  expect(again.length).toBe(20)
  for (let i = 0; i < 20; i++) expectSame(await getBlock(again, i), pattern(1000, i))
  await closeCore(again)
  other.kill()
  await idb(name).destroy()
})

test('tabs that take turns with a core see each other’s blocks', async () => {
  const name = uniqueName()
  const other = await openTab()
  for (let turn = 0; turn < 6; turn += 2) {
    const core = await openCore(idb(name), 'core')
    expect(core.length).toBe(turn)
    // Refused now, this tab has read files of the core; it must not rely on them when its turn comes.
    expect(await other.openCode(name, 'core')).toBe('ERR_STORAGE_LOCKED')
    await appendAll(core, [pattern(1000, turn)])
    await closeCore(core)

    const theirs = await other.open(name, 'core')
    expect(await codeOf(openCore(idb(name), 'core'))).toBe('ERR_STORAGE_LOCKED')
    await theirs.append(turn + 1)
    await theirs.close()
  }
  const core = await openCore(idb(name), 'core')
  expect(core.length).toBe(6)
  for (let i = 0; i < 6; i++) expectSame(await getBlock(core, i), pattern(1000, i))
  await closeCore(core)
  other.kill()
  await idb(name).destroy()
})

test('a tab that gets a core forgets what it knew of its files', async () => {
  const name = uniqueName()
  const other = await openTab()
  const theirs = other.file(name, 'core/note')
  await theirs.write(0, pattern(10))
  const core = await openCore(idb(name), 'core')
  const note = promised(idb(name)('core/note'))
  await note.write(0, pattern(20_000, 2))
  await note.close()
  await closeCore(core)

  const theirCore = await other.open(name, 'core')
  expect(await theirs.size()).toBe(20_000)
  expectSame(await theirs.read(0, 20_000), pattern(20_000, 2))
  await theirs.close()
  await theirCore.close()
  other.kill()
  await idb(name).destroy()
})

test('what was acknowledged is there after its tab was killed, and the core opens elsewhere', async () => {
  const name = uniqueName()
  const other = await openTab()
  const theirs = await other.open(name, 'core')
  const appends = Array.from({ length: 30 }, (_, i) => theirs.append(i))
  await Promise.all(appends.slice(0, 20))
  other.kill()
  await navigator.locks.request(lockName(name, 'core'), () => {})

  const core = await openCore(idb(name), 'core')
  expect(core.length).toBeGreaterThanOrEqual(20)
  for (let i = 0; i < core.length; i++) expectSame(await getBlock(core, i), pattern(1000, i))
  await appendAll(core, [pattern(10)])
  await closeCore(core)
  await idb(name).destroy()
})

test('a database is removed while another tab has it open; that tab is told, and can begin anew', async () => {
  const name = uniqueName()
  const other = await openTab()
  const theirs = await other.open(name, 'core')
  await theirs.append(0)
  const file = other.file(name, 'file')
  await file.write(0, pattern(10))

  await idb(name).destroy()
  expect(await codeOf(theirs.append(1))).toBe('ERR_STORAGE')
  expect(await codeOf(file.write(0, pattern(10)))).toBe('ERR_STORAGE')
  await theirs.close()
  await file.close()
  const anew = other.file(name, 'file')
  expect(await anew.size()).toBe(0)
  await anew.close()
  other.kill()
  await idb(name).destroy()
})

test('removal is not blocked by what this page has open; that fails, and a new core opens at once', async () => {
  const storage = idb(uniqueName())
  const core = await openCore(storage, 'core')
  const file = promised(storage('file'))
  await file.write(0, pattern(10))
  await storage.destroy()
  expect(await codeOf(appendAll(core, [pattern(10)]))).toBe('ERR_NOT_FOUND')
  expect(await codeOf(file.read(0, 10))).toBe('ERR_NOT_FOUND')

  const anew = await openCore(storage, 'core')
  expect(anew.length).toBe(0)
  await appendAll(anew, [pattern(10)])
  // Closing what is left of the old one takes nothing from the new one.
  await file.close()
  await closeCore(core)
  expectSame(await getBlock(anew, 0), pattern(10))
  expect(await codeOf(openCore(storage, 'core'))).toBe('ERR_STORAGE_LOCKED')
  await closeCore(anew)
  await storage.destroy()
})
