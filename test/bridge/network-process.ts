/** `replic8 bridge` in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'

/** The command as one file, below node_modules, so that the packages that it imports are found. */
export async function buildCommand(): Promise<{ file: string; remove(): Promise<void> }> {
  const cache = resolve('node_modules/.cache/replic8')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'command-'))
  const file = join(folder, 'cli.mjs')
  await build({
    entryPoints: ['src/bridge/cli.ts'],
    outfile: file,
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20' },
    ...{ packages: 'external', logLevel: 'warning' },
  })
  return { file, remove: () => rm(folder, { recursive: true, force: true }) }
}

export interface BridgeProcessOptions {
  /** 64 hex digits. */
  key: string
  storage: string
  /** 'host:port' of a node of the DHT. */
  bootstrap: string
  /** Default: a free one. */
  port?: number
}

export class BridgeProcess {
  /** Where it listens; rejects when it ends before it does. */
  readonly url: Promise<string>
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #errors = ''

  constructor(file: string, { key, storage, bootstrap, port = 0 }: BridgeProcessOptions) {
    const place = ['--port', String(port), '--storage', storage, '--bootstrap', bootstrap]
    const args = [file, 'bridge', ...place, '--key', key, '--min-free', '0', '--log', 'json']
    this.#child = spawn(process.execPath, args)
    this.#child.stderr?.on('data', (data) => (this.#errors += data))
    this.ended = new Promise((done) => this.#child.on('close', done))
    const listens = new Promise<string>((found) => {
      createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const { url } = JSON.parse(line) as { url?: string }
        if (url) found(url)
      })
    })
    const fails = this.ended.then((code): never => {
      throw new Error(`The bridge ended with ${code}.\n${this.#errors}`)
    })
    this.url = Promise.race([listens, fails])
    this.url.catch(() => {})
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal)
    return this.ended
  }
}
