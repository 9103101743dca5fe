/** What a user gets: the tarball of `npm pack`, and fresh projects that install it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, watch, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules/.cache/replic8/packed')
const execute = promisify(execFile)

/** Everything that the tarball is made of. */
const inputs = [
  'src',
  'demo',
  'types',
  'docs',
  'scripts/build.mjs',
  'scripts/setup.mjs',
  'package.json',
  'vite.config.ts',
  'platform.config.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'node_modules/.package-lock.json',
]

let packed: Promise<string> | undefined

/** The path of the packed tarball: built once for each state of the sources, whoever asks first. */
export function packedTarball(): Promise<string> {
  packed ??= pack()
  return packed
}

async function pack(): Promise<string> {
  const path = join(cache, `${await hashOfInputs()}.tgz`)
  await mkdir(cache, { recursive: true })
  while (!existsSync(path)) {
    const unlock = await takeLock()
    if (!unlock) continue
    try {
      if (!existsSync(path)) await packInto(path)
    } finally {
      await unlock()
    }
  }
  return path
}

async function packInto(path: string): Promise<void> {
  const folder = await mkdtemp(join(cache, 'pack-'))
  try {
    await execute('npm', ['pack', '--pack-destination', folder], { cwd: root, maxBuffer: 1e8 })
    const [name] = await readdir(folder)
    if (!name) throw new Error('npm pack made no tarball')
    await rename(join(folder, name), path)
  } catch (error) {
    // What the compiler complained about is in the output.
    throw new Error(`npm pack failed: ${(error as { stdout?: string }).stdout ?? error}`, { cause: error })
  } finally {
    await rm(folder, { recursive: true })
  }
  await removeOld()
}

/** Tarballs of sources that are no more; another run may still use a recent one. */
async function removeOld(): Promise<void> {
  const hour = 3_600_000
  for (const name of await readdir(cache)) {
    const path = join(cache, name)
    if (name.endsWith('.tgz') && (await stat(path)).mtimeMs < Date.now() - hour)
      await rm(path, { force: true })
  }
}

/** Takes the lock, or waits until it is free and gives undefined. Its owner's process id finds a lock left behind. */
async function takeLock(): Promise<(() => Promise<void>) | undefined> {
  const lock = join(cache, 'lock')
  const stop = new AbortController()
  const changes = watch(cache, { signal: stop.signal })
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return () => rm(lock)
  } catch {
    const owner = Number(await readFile(lock, 'utf8').catch(() => 0))
    if (owner && !isRunning(owner)) await rm(lock, { force: true })
    else if (owner) for await (const { filename } of changes) if (filename === 'lock') break
    return undefined
  } finally {
    stop.abort()
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function hashOfInputs(): Promise<string> {
  const hash = createHash('sha256')
  for (const input of inputs) {
    const path = join(root, input)
    if (!existsSync(path)) continue
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined)
    const files = entries
      ?.filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    for (const file of (files ?? [path]).sort()) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 16)
}

export interface Consumer {
  dir: string
  /** Writes a file of the project, with the folders that it needs. */
  write(file: string, text: string): Promise<void>
  /** Runs Node in the project and gives what it printed; rejects with its output when it fails. */
  node(...args: string[]): Promise<string>
  remove(): Promise<void>
}

export interface ConsumerOptions {
  manager: 'npm' | 'pnpm'
  /** Packages beside replic8, such as 'hypercore@9'. */
  deps?: string[]
}

/** A fresh project without a lockfile that installed the tarball as a user would. */
export async function installConsumer({ manager, deps = [] }: ConsumerOptions): Promise<Consumer> {
  const packages = [await packedTarball(), ...deps]
  const consumer = await emptyConsumer()
  if (manager === 'npm') {
    await execute('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: consumer.dir })
  } else {
    const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.cjs')
    await execute(process.execPath, [pnpm, 'add', ...packages], { cwd: consumer.dir })
  }
  return consumer
}

/** A fresh project with nothing but the unpacked tarball: none of its dependencies, as a browser has none. */
export async function unpackedConsumer(): Promise<Consumer> {
  const tarball = await packedTarball()
  const consumer = await emptyConsumer()
  const target = join(consumer.dir, 'node_modules/replic8')
  const folder = await mkdtemp(join(tmpdir(), 'replic8-unpack-'))
  await execute('tar', ['-xzf', tarball, '-C', folder])
  await cp(join(folder, 'package'), target, { recursive: true })
  await rm(folder, { recursive: true })
  return consumer
}

async function emptyConsumer(): Promise<Consumer> {
  const dir = await mkdtemp(join(tmpdir(), 'replic8-consumer-'))
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), text)
  }
  await write('package.json', JSON.stringify({ name: 'consumer', private: true }))
  return {
    dir,
    write,
    node: async (...args) => (await execute(process.execPath, args, { cwd: dir })).stdout,
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
