import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export interface ChildOptions {
  args?: string[]
  /** MiB of JavaScript heap; default: Node's own choice. */
  heap?: number
}

/** What a process has used. */
export interface Usage {
  /** Milliseconds of all its threads. */
  cpu: number
  /** Bytes that are resident, after a garbage collection. */
  rss: number
}

/** Where CPU profiles go, if anywhere. */
const profileFolder = () => process.env.REPLIC8_BENCH_PROFILE

interface Answer {
  id: number
  value?: unknown
  error?: string
}

/** A program in a process of its own, whose functions are called over its IPC channel. See serve.ts for the other end. */
export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #exit: Promise<unknown>
  #calls = 0
  #lost: Error | null = null

  constructor(program: string, { args = [], heap }: ChildOptions = {}) {
    const execArgv = ['--expose-gc']
    if (heap) execArgv.push(`--max-old-space-size=${heap}`)
    const profiles = profileFolder()
    if (profiles) execArgv.push('--cpu-prof', `--cpu-prof-dir=${profiles}`)
    this.#process = fork(program, args, {
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.on('message', (answer) => this.#answered(answer as Answer))
    this.#exit = once(this.#process, 'exit').then(([code, signal]) => {
      this.#lost = new Error(`A process of the benchmark ended: ${signal ?? `exit code ${code}`}.`)
      for (const { reject } of this.#waiting.values()) reject(this.#lost)
      this.#waiting.clear()
    })
  }

  call<T>(name: string, ...args: unknown[]): Promise<T> {
    if (this.#lost) return Promise.reject(this.#lost)
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send({ id, name, args })
    })
  }

  usage(): Promise<Usage> {
    return this.call('usage')
  }

  /** Whatever it does: what it has is in memory. Only one that is profiled has something to write. */
  async stop(): Promise<void> {
    if (profileFolder() && this.#process.connected) this.#process.disconnect()
    else this.#process.kill('SIGKILL')
    await this.#exit
  }

  #answered({ id, value, error }: Answer) {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }
}

/** Milliseconds of CPU that each of some processes takes for a job, beside what the job gives. */
export async function withCpu<T>(
  children: Child[],
  job: () => Promise<T>,
): Promise<{ value: T; cpu: number[] }> {
  const cpu = () => Promise.all(children.map((child) => child.call<number>('cpu')))
  const before = await cpu()
  const value = await job()
  const after = await cpu()
  return { value, cpu: after.map((ms, i) => ms - (before[i] as number)) }
}
