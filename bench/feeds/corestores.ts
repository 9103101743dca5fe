import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { block, type Untyped, type Variant } from './variants.ts'

/** hypercore 10 in corestore 6, in memory with pages of 4 KB; the keys known beforehand. */
const hypercore10: Variant = async (feeds) => {
  const { default: Corestore } = await import('corestore-6')
  const { default: RAM } = await import('random-access-memory-6')
  const create = () => new Corestore(() => new RAM({ pageSize: 4096 }))
  return replicated(create(), create(), feeds)
}

/** hypercore 11 in corestore 7, which stores in RocksDB on a disk; the keys known beforehand. */
const hypercore11: Variant = async (feeds) => {
  const { default: Corestore } = await import('corestore-7')
  const folder = mkdtempSync(join(tmpdir(), 'replic8-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return replicated(new Corestore(join(folder, 'from')), new Corestore(join(folder, 'to')), feeds)
}

/** Both stores replicate all that they have open, over one stream. */
async function replicated(from: Untyped, to: Untyped, feeds: number) {
  const writers = Array.from({ length: feeds }, (_, i) => from.get({ name: `${i}` }))
  await Promise.all(writers.map((core) => core.append(block)))
  const readers = writers.map((core) => to.get({ key: core.key }))
  await Promise.all(readers.map((core) => core.ready()))
  const [near, far] = [from.replicate(true), to.replicate(false)]
  near.pipe(far).pipe(near)
  await Promise.all(readers.map((core) => core.get(0)))
  const wireBytes = near.rawBytesWritten + far.rawBytesWritten
  return { wireBytes, keep: [from, to, writers, readers], ends: [near, far] }
}

export const corestores = { hypercore10, hypercore11 } satisfies Record<string, Variant>
