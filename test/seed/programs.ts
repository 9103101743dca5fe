import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

// biome-ignore lint/suspicious/noExplicitAny: lines of JSON that a program of this folder prints.
type Line = any

/** A running program that talks in lines of JSON. */
export class Program {
  readonly lines: Line[] = []
  /** Its exit code. */
  readonly ended: Promise<number | null>
  private readonly child: ChildProcess
  private waiting: { matches(line: Line): boolean; resolve(line: Line): void }[] = []
  private errors = ''

  constructor(dir: string, file: string, config: object) {
    this.child = spawn(process.execPath, ['--no-warnings', file, JSON.stringify(config)], { cwd: dir })
    this.child.stderr?.on('data', (data) => (this.errors += data))
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (text) =>
      this.online(text),
    )
    this.ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** The next line, or one that came already, for which `matches` holds; rejects when the program ends before it. */
  line(matches: (line: Line) => boolean): Promise<Line> {
    const old = this.lines.find(matches)
    if (old) return Promise.resolve(old)
    const gone = this.ended.then((code) => {
      throw new Error(`the program ended with ${code} after ${JSON.stringify(this.lines)}\n${this.errors}`)
    })
    return Promise.race([new Promise((resolve) => this.waiting.push({ matches, resolve })), gone])
  }

  say(text: string) {
    this.child.stdin?.write(`${text}\n`)
  }

  kill() {
    this.child.kill('SIGKILL')
  }

  private online(text: string) {
    const line = JSON.parse(text)
    this.lines.push(line)
    this.waiting = this.waiting.filter(({ matches, resolve }) => {
      if (!matches(line)) return true
      resolve(line)
      return false
    })
  }
}

/** The same program with `import` in place of `require`. */
export function withImports(source: string): string {
  return source.replace(/^const (\w+) = require\(('[^']+')\)$/gm, 'import $1 from $2')
}
