import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

/** Below node_modules, so that the packages that it imports are found. */
const bundles = join(process.cwd(), 'node_modules/.cache/replic8')

/** Builds a program in TypeScript, which Node 20 cannot run by itself; `remove` it in the end. */
export async function buildProgram(file: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = join(bundles, `test-${process.pid}-${file.replaceAll(/\W+/g, '-')}.mjs`)
  await build({
    ...{ entryPoints: [file], outfile: path, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
  })
  return { path, remove: () => rm(path, { force: true }) }
}

/** A program that runs; killed when the test is over, if it has not ended by then. */
export class Running {
  readonly child: ChildProcess
  /** What it printed. */
  out = ''
  errors = ''
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>

  constructor(path: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['--no-warnings', path, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    })
    this.child.stdout?.on('data', (data) => (this.out += data))
    this.child.stderr?.on('data', (data) => (this.errors += data))
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal)
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.ended
    })
  }

  /** The first match in what it prints; rejects when it ends without one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out)
      if (match) return match
      const [event] = await Promise.race([
        once(this.child.stdout as NodeJS.ReadableStream, 'data').then(() => ['data']),
        this.ended.then((code) => ['end', code]),
      ])
      if (event === 'end' && !pattern.test(this.out))
        throw new Error(`it ended without ${pattern}:\n${this.out}\n${this.errors}`)
    }
  }

  /** The URL of a bridge. */
  async url(): Promise<string> {
    return (await this.prints(/wss?:\/\/[^\s"]+/))[0]
  }
}
