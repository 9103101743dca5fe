import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import hypercore from 'hypercore'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AwakeCores } from '../../src/storage/awake-cores.ts'
import { fileAmong } from '../../src/storage/file.ts'
import { storageCompliance } from '../compliance/storage.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { ask, codeOf, pattern } from './promised-file.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replic8-pool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Files below the directory that this process has open. */
async function openFiles(): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((path) => path.startsWith(directory)).length
}

storageCompliance({
  name: 'file, where one core at a time has its files open',
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'replic8-pool-'))
    const cores = new AwakeCores(1)
    return {
      storage: fileAmong(cores, folder),
      reopen: async () => fileAmong(cores, folder),
      teardown: () => rm(folder, { recursive: true, force: true }),
    }
  },
})

test('many cores that are used at once have few files open, and lose nothing', async () => {
  const storage = fileAmong(new AwakeCores(3), directory)
  const cores = await Promise.all(Array.from({ length: 40 }, (_, i) => openCore(storage, `core-${i}`)))
  let most = 0
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      cores.map(async (core, i) => {
        await appendAll(core, [pattern(100 + i), pattern(2000 + round)])
        most = Math.max(most, await openFiles())
      }),
    )
  }
  for (const [i, core] of cores.entries()) {
    expect(core.length).toBe(6)
    expectSame(await getBlock(core, 4), pattern(100 + i))
    expectSame(await getBlock(core, 3), pattern(2001))
  }
  expect(most).toBeLessThanOrEqual(18)
  await Promise.all(cores.map(closeCore))
  expect(await openFiles()).toBe(0)
  const again = await openCore(fileAmong(new AwakeCores(1), directory), 'core-7')
  expect(again.length).toBe(6)
  await closeCore(again)
})

test('a core whose files are closed meanwhile is refused to a second instance of the process', async () => {
  const cores = new AwakeCores(1)
  const resting = await openCore(fileAmong(cores, directory), 'one')
  const awake = await openCore(fileAmong(cores, directory), 'two')
  expect(await codeOf(openCore(fileAmong(cores, directory), 'one'))).toBe('ERR_STORAGE_LOCKED')
  expect(await codeOf(fileAmong(cores, directory).remove('one'))).toBe('ERR_STORAGE_LOCKED')
  await appendAll(resting, [pattern(10)])
  await closeCore(resting)
  await closeCore(awake)
  await closeCore(await openCore(fileAmong(cores, directory), 'one'))
})

// hypercore's own storage knows nothing of the pool, as another process would not.
test('a core that another process opens while its files are closed fails before it writes', async () => {
  const storage = fileAmong(new AwakeCores(1), directory)
  const ours = await openCore(storage, 'one')
  await appendAll(ours, [pattern(10)])
  const other = await openCore(storage, 'two')

  const theirs = hypercore(join(directory, 'one'))
  await ask((cb) => theirs.append([Buffer.from(pattern(20))], cb))
  expect(await codeOf(appendAll(ours, [pattern(30)]))).toBe('ERR_STORAGE_LOCKED')
  await closeCore(theirs)
  expect(await codeOf(appendAll(ours, [pattern(30)]))).toBe('ERR_STORAGE_LOCKED')
  await closeCore(ours)
  await closeCore(other)

  const again = await openCore(storage, 'one')
  expect(again.length).toBe(2)
  expectSame(await getBlock(again, 1), pattern(20))
  await closeCore(again)
})

test('a core that is busy all the time makes room for those that wait', async () => {
  const storage = fileAmong(new AwakeCores(1), directory)
  const busy = await openCore(storage, 'busy')
  let isOver = false
  const work = (async () => {
    while (!isOver) await Promise.all([1, 2, 3].map((n) => appendAll(busy, [pattern(n)])))
  })()
  const other = await openCore(storage, 'other')
  await appendAll(other, [pattern(10)])
  isOver = true
  await work
  expectSame(await getBlock(other, 0), pattern(10))
  await closeCore(busy)
  await closeCore(other)
})
