import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import RandomAccess from 'random-access-storage'
import { expect, onTestFinished, test } from 'vitest'
import { Disk } from '../../src/bridge/disk.ts'
import type { Storage } from '../../src/random-access-storage.ts'
import { memory } from '../../src/storage/memory.ts'
import { bridge, folder, peerOf, read, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

const block = (n: number) => `${n}`.padEnd(10_000)
const blocks = (count: number) => Array.from({ length: count }, (_, n) => block(n))

/** A logger that keeps what it is told. */
function logbook() {
  const lines: { level: string; message: string; fields: object }[] = []
  const write = (level: string) => (fields: object, message: string) => lines.push({ level, message, fields })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return { lines, log }
}

/** Memory that has room for so many bytes of blocks, and then fails as a disk does. */
function smallDisk(size: number) {
  const disk = { size, used: 0 }
  const inner = memory()
  // biome-ignore lint/suspicious/noExplicitAny: requests of random-access-storage have no types of their own.
  type Request = any
  const storage = (name: string) => {
    if (!name.endsWith('/data')) return inner(name)
    const file = inner(name)
    return new RandomAccess({
      open: (request: Request) => request.callback(null),
      read: (request: Request) =>
        file.read(request.offset, request.size, (error, data) => request.callback(error, data)),
      write(request: Request) {
        if (disk.used + request.data.length > disk.size)
          return request.callback(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
        disk.used += request.data.length
        file.write(request.offset, request.data, (error) => request.callback(error))
      },
      stat: (request: Request) => file.stat((error, stat) => request.callback(error, stat)),
    })
  }
  return { disk, storage: storage as unknown as Storage }
}

test('a bridge above its maxBytes takes nothing more, says so, and serves what it has', async () => {
  const { lines, log } = logbook()
  const running = await bridge({ maxBytes: 400_000, log })
  const ann = peerOf(running.url)
  const small = await write(ann, 'small', 'is here')
  await ann.replicator.synced()
  const large = await write(ann, 'large', ...blocks(2_000))
  await expect.poll(() => running.stats.storage.full, soon).toBe(true)
  expect(running.replicators[0]?.downloadsPaused).toBe(true)
  expect(await (await fetch(`${running.httpUrl}/healthz`)).json()).toMatchObject({ storage: 'full' })
  expect(await (await fetch(`${running.httpUrl}/metrics`)).text()).toContain('replic8_storage_paused 1')
  expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { message: 'Nothing more is taken: maxBytes is reached. What is here is served.' },
  ])

  const late = await write(ann, 'late', 'too late')
  await expect.poll(() => ann.replicator.why(late.key).code, soon).toBe('declined')
  expect(running.stats.bytesReceived).toBeLessThan(2_000 * 10_000)

  await ann.replicator.close()
  const ben = peerOf(running.url)
  await expect.poll(() => read(ben, small.key), soon).toEqual(['is here'])
  await expect.poll(async () => (await read(ben, large.key)).some(Boolean), soon).toBe(true)
})

test('a bridge whose disk fails for want of room goes on with all of it when there is room again', async () => {
  const { disk, storage } = smallDisk(50_000)
  const { lines, log } = logbook()
  const running = await bridge({ storage, log, retryAfterFull: 300 })
  const ann = peerOf(running.url)
  const feed = await write(ann, 'large', ...blocks(20))
  await expect.poll(() => running.stats.storage.full, soon).toBe(true)
  expect(lines.filter(({ level }) => level === 'warn')[0]?.message).toBe(
    'Nothing more is taken: a write failed. What is here is served.',
  )

  disk.size = Infinity
  const late = await write(ann, 'late', 'taken later')
  await expect.poll(() => running.stats.storage.full, soon).toBe(false)
  for (const { key, length: have } of [feed, late])
    await expect.poll(() => ann.replicator.why(key), soon).toMatchObject({ code: 'synced', have })
  await ann.replicator.close()
  const ben = peerOf(running.url)
  await expect.poll(() => read(ben, late.key), soon).toEqual(['taken later'])
  await expect.poll(() => read(ben, feed.key), soon).toEqual(blocks(20))
})

test('a folder is full at its limit, and has room again some way below it', async () => {
  const path = await folder()
  const changes: [full: boolean, why: string][] = []
  await writeFile(join(path, 'large'), new Uint8Array(980_000))
  await writeFile(join(path, 'small'), new Uint8Array(30_000))
  const disk = new Disk({
    ...{ folder: path, maxBytes: 1_000_000, minFree: 0, retryAfterFull: 1 },
    received: () => 0,
    onchange: ({ full }, why) => changes.push([full, why]),
  })
  onTestFinished(() => disk.close())
  await disk.look()
  expect(disk.now).toMatchObject({ full: true, free: expect.any(Number) })
  expect(disk.now.used).toBeGreaterThanOrEqual(1_010_000)

  await rm(join(path, 'small'))
  await expect.poll(() => disk.look().then(() => disk.now.used), soon).toBeLessThan(1_000_000)
  expect(disk.now.full).toBe(true)
  await rm(join(path, 'large'))
  await expect.poll(() => disk.look().then(() => disk.now.full), soon).toBe(false)
  expect(changes).toEqual([
    [true, 'maxBytes is reached'],
    [false, ''],
  ])
})

test('a disk with less free than is to be left is full', async () => {
  const running = await bridge({ minFree: Number.MAX_SAFE_INTEGER })
  expect(running.stats.storage.full).toBe(true)
  const ann = peerOf(running.url)
  const feed = await write(ann, 'notes', 'too much')
  await expect.poll(() => ann.replicator.why(feed.key).code, soon).toBe('declined')
})
