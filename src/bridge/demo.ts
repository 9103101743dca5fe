import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Replic8Error } from '../errors.ts'
import { randomKey } from '../platform/random-key.ts'
import { type Bridge, createBridge } from './bridge.ts'
import { createLog } from './log.ts'
import { UsageError } from './settings.ts'
import type { Settled } from './settled.ts'

const firstPort = 8080
/** Ports, and folders where none was given, that are tried one after the other. */
const tries = 50

/**
 * `replic8 demo`: a bridge with a room of its own, and the demo's pages on the same port. The room's key is kept with the
 * feeds, so that a demo that is started again is the same room.
 */
export async function runDemo({ options, warnings, verbose }: Settled): Promise<Bridge> {
  const pages = options.pages ?? builtPages()
  // The address of the room goes to the standard output; what is logged does not get between.
  const log = createLog(options.log, { out: 2, verbose })
  for (const warning of warnings) log.warn({}, warning)
  const quiet = { ...log, info: log.debug }
  const { bridge, key } = await inFreeFolder(options.storage as string | undefined, async (storage) => {
    const key = await roomKey(storage)
    const bridge = await onFreePort(options.port ?? firstPort, (port) =>
      createBridge({ ...options, port, storage, pages, log: quiet, keys: [key, ...(options.keys ?? [])] }),
    )
    return { bridge, key, storage }
  })
  const page = options.publicUrl
    ? bridge.httpUrl
    : `http${options.tls ? 's' : ''}://localhost:${bridge.port}/`
  process.stdout.write(
    [
      `The demo is at ${page}#${key}`,
      'Open it in two browsers; whoever has the address has the room. Stop it with Ctrl+C.',
      `The bridge is at ${bridge.url}`,
      '',
    ].join('\n'),
  )
  return bridge
}

/** The demo as the package brings it, beside the built command. */
function builtPages(): string {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../demo')
  if (existsSync(join(folder, 'index.html'))) return folder
  throw new UsageError('The demo is not built here: run npm run build, or give its folder with --pages.')
}

/** The key of the room of a folder, made the first time. */
async function roomKey(storage: string): Promise<string> {
  await mkdir(storage, { recursive: true, mode: 0o700 })
  const path = join(storage, 'room-key')
  // Only the first of two that are started at once writes.
  await writeFile(path, `${randomKey().toString('hex')}\n`, { flag: 'wx', mode: 0o600 }).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(path, 'utf8')).trim()
}

/** Another demo that runs has the folder: this one takes the next, unless it was told which. */
async function inFreeFolder<T>(given: string | undefined, start: (folder: string) => Promise<T>): Promise<T> {
  if (given !== undefined) return start(given)
  return firstThatWorks('ERR_STORAGE_LOCKED', (n) =>
    start(join(dataFolder(), n === 0 ? 'demo' : `demo-${n + 1}`)),
  )
}

function onFreePort(port: number, start: (port: number) => Promise<Bridge>): Promise<Bridge> {
  return firstThatWorks('ERR_LISTEN', (n) => start(port + n))
}

async function firstThatWorks<T>(code: string, run: (n: number) => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await run(n)
    } catch (error) {
      if (!(error instanceof Replic8Error) || error.code !== code || n + 1 >= tries) throw error
    }
  }
}

/** Where programs of this system keep a user's data. */
function dataFolder(): string {
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'replic8')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'replic8')
  return join(XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'replic8')
}
