import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import hypercore from 'hypercore'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { file } from '../../src/storage/file.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { ask, codeOf, pattern, promised } from './promised-file.ts'

const require = createRequire(import.meta.url)
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replic8-lock-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Another process that opens a core with hypercore's own storage and says whether it got the lock, then waits. */
async function otherProcess(path: string) {
  const program = `
    const raf = require(${JSON.stringify(require.resolve('random-access-file'))})
    const lock = require(${JSON.stringify(require.resolve('fd-lock'))})
    const bitfield = raf(${JSON.stringify(path)}, { lock, writable: true })
    bitfield.open(err => { console.log(err ? err.code : 'open') })
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(child.stdout, 'data')
  return {
    said: String(said).trim(),
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a core that another process has open is refused, until that process is gone', async () => {
  const core = await openCore(file(directory), 'core')
  await appendAll(core, [pattern(10)])
  await closeCore(core)

  const other = await otherProcess(join(directory, 'core', 'bitfield'))
  expect(other.said).toBe('open')
  expect(await codeOf(openCore(file(directory), 'core'))).toBe('ERR_STORAGE_LOCKED')
  expect(await codeOf(file(directory).remove('core'))).toBe('ERR_STORAGE_LOCKED')
  await other.kill()
  const again = await openCore(file(directory), 'core')
  expectSame(await getBlock(again, 0), pattern(10))
  await closeCore(again)
})

test('another process is refused a core that is open here', async () => {
  const core = await openCore(file(directory), 'core')
  const other = await otherProcess(join(directory, 'core', 'bitfield'))
  expect(other.said).toBe('ELOCKED')
  await other.kill()
  await closeCore(core)
})

test('refused opens leave no file open', async () => {
  const core = await openCore(file(directory), 'core')
  const open = async () => (await readdir('/proc/self/fd')).length
  const before = await open()
  for (let i = 0; i < 10; i++) {
    expect(await codeOf(openCore(file(directory), 'core'))).toBe('ERR_STORAGE_LOCKED')
  }
  expect(await open()).toBeLessThanOrEqual(before)
  await closeCore(core)
})

test('folders of hypercore’s own storage and of file() are the same', async () => {
  const stock = hypercore(join(directory, 'stock'))
  await ask((cb) => stock.append([Buffer.from(pattern(1000))], cb))
  await closeCore(stock)
  const core = await openCore(file(directory), 'stock')
  expectSame(await getBlock(core, 0), pattern(1000))
  await appendAll(core, [pattern(500)])
  await closeCore(core)
  const again = hypercore(join(directory, 'stock'))
  expectSame(await ask((cb) => again.get(1, cb)), pattern(500))
  await closeCore(again)
})

test('reading makes no files, and no name leads out of the folder', async () => {
  const storage = file(join(directory, 'inner'))
  expect(await codeOf(promised(storage('nothing')).read(0, 1))).toBe('ERR_NOT_FOUND')
  await expect(access(join(directory, 'inner'))).rejects.toMatchObject({ code: 'ENOENT' })
  const escaping = promised(storage('../../outside'))
  await escaping.write(0, pattern(10))
  await escaping.close()
  expect(await storage.list()).toEqual(['outside'])
})
