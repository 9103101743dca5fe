import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { command } from './build-bridge.ts'

/** `replic8 bridge` in a process of its own, with a folder on the disk. */
export class Bridge {
  private readonly folder: string
  private process: ChildProcess | undefined
  private readonly flags: readonly string[]
  private port = 0

  private constructor(folder: string, flags: readonly string[]) {
    this.folder = folder
    this.flags = flags
  }

  /** @param keys whose feeds it keeps; without any it does signalling and relays only */
  static async open(keys: readonly string[], flags: readonly string[] = []): Promise<Bridge> {
    const bridge = new Bridge(await mkdtemp(join(tmpdir(), 'replic8-e2e-bridge-')), flags)
    await writeFile(join(bridge.folder, 'keys'), keys.map((key) => `${key}\n`).join(''), { mode: 0o600 })
    await bridge.start()
    return bridge
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`
  }

  /** On the same port and folder as before. */
  async start() {
    const { folder } = this
    const keyFile = ['--key-file', join(folder, 'keys')]
    const flags = [
      '--port',
      String(this.port),
      '--storage',
      join(folder, 'data'),
      ...keyFile,
      '--log',
      'json',
    ]
    const bridge = spawn(process.execPath, [command, 'bridge', ...flags, ...this.flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.process = bridge
    const lines = createInterface({ input: bridge.stdout })
    const [url] = await Promise.race([listening(lines), once(bridge, 'exit').then(() => [])])
    if (!url) throw new Error(`The bridge ended with ${bridge.exitCode}.`)
    this.port = Number(new URL(url).port)
  }

  /** SIGTERM lets it say goodbye, SIGKILL does not. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') {
    const bridge = this.process
    this.process = undefined
    if (!bridge) return
    const exit = once(bridge, 'exit')
    bridge.kill(signal)
    await exit
  }

  async close() {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Reads on afterwards too: a full pipe would stop the bridge. */
async function listening(lines: NodeJS.EventEmitter): Promise<string[]> {
  return new Promise((resolve) => {
    lines.on('line', (line: string) => {
      const { url } = JSON.parse(line)
      if (url) resolve([url])
    })
  })
}
