import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

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
