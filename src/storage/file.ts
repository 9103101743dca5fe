import { readdir, rm, stat } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { AwakeCores } from './awake-cores.ts'
import { type CoreFiles, isLockFile } from './core-files.ts'
import { coreStorage, type ManagedStorage } from './core-storage.ts'
import { DiskCore } from './disk-core.ts'
import { DiskFile } from './disk-file.ts'
import { storageError } from './storage-error.ts'

/** Cores of the pooled storages of this process that have their files open at a time, six each at most. */
const pool = new AwakeCores(80)
/** The others. */
const always = new AwakeCores(Number.POSITIVE_INFINITY)

/**
 * Storage in files below the folder `directory` (made when the first file is), over random-access-file. Node only.
 * Each file is what hypercore's own storage would have written, so a folder of either opens with the other.
 *
 * The lock of a core is the operating system's on its `bitfield` (see {@link fileLock}): a second process, or a second
 * instance in this one, gets `ERR_STORAGE_LOCKED` from hypercore's `ready`. A write is answered when the operating
 * system has it: it survives the end of the process, not a power cut.
 *
 * `pooled()` has the files of 80 cores open at a time, 480 descriptors at most. A core whose files are closed is not
 * locked against other processes; one that was opened by another meanwhile fails with `ERR_STORAGE_LOCKED` when it is
 * used again, before anything is written.
 *
 * Errors: `ERR_NOT_FOUND`, `ERR_STORAGE_LOCKED`, `ERR_STORAGE_FULL` (disk or quota), `ERR_STORAGE`.
 */
export function file(directory: string): ManagedStorage {
  return Object.assign(fileAmong(always, directory), { pooled: () => fileAmong(pool, directory) })
}

/** As `file`; its cores have their files open as far as there is room among others. */
export function fileAmong(cores: AwakeCores, directory: string): ManagedStorage {
  const root = resolve(directory)
  // Resolved against '/' first, so that no name leads out of the folder.
  const pathOf = (name: string) => join(root, resolve('/', name).replace(/^\w:/, ''))
  const disk = new WeakMap<CoreFiles, DiskCore>()
  const storage = coreStorage((filename, files) => {
    const core = disk.get(files) ?? new DiskCore(cores)
    disk.set(files, core)
    return new DiskFile(filename, pathOf(filename), core)
  })

  const list = (path: string) => listFiles(root, pathOf(path))
  const remove = async (path: string) => {
    await refuseOpenCores((await list(path)).filter(isLockFile), pathOf)
    await removePath(pathOf(path))
  }
  return Object.assign(storage, { list: (path = '') => list(path), remove, destroy: () => remove('') })
}

/** Takes and gives back the lock of each core, by the path of its `bitfield`; throws for one that is taken. */
async function refuseOpenCores(names: string[], pathOf: (name: string) => string): Promise<void> {
  for (const name of names) {
    const probe = new DiskFile(name, pathOf(name), new DiskCore(always))
    await probe.open()
    await probe.close()
  }
}

async function listFiles(root: string, path: string): Promise<string[]> {
  const found = await promisify(stat)(path).catch(orNothing)
  if (!found) return []
  if (!found.isDirectory()) return [nameIn(root, path)]
  const entries = await promisify(readdir)(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => nameIn(root, join(entry.parentPath, entry.name)))
    .sort()
}

const nameIn = (root: string, path: string) => path.slice(root.length + 1).replaceAll(sep, '/')

async function removePath(path: string): Promise<void> {
  await promisify(rm)(path, { recursive: true, force: true }).catch((error) => {
    throw storageError(error)
  })
}

function orNothing(error: { code?: string }): undefined {
  if (error.code === 'ENOENT') return undefined
  throw storageError(error)
}
