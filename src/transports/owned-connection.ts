import type { Connection } from '../connection.ts'
import { nextTask } from '../next-task.ts'

const nothing = () => {}

/** What connections have in common that send in a task of their own, and whose two ends close one after the other. */
export abstract class OwnedConnection implements Connection {
  readonly kind: string
  readonly initiator?: boolean
  ondata: (chunk: Uint8Array) => void = nothing
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  onend?: () => void
  /** Resolves when `onclose` was called. */
  readonly over: Promise<void>

  /** Nothing more is taken: one of the ends closed. */
  protected ending = false
  protected isOver = false
  #scheduled = false
  #settle!: () => void

  constructor(kind: string, initiator: boolean | undefined) {
    this.kind = kind
    if (initiator !== undefined) this.initiator = initiator
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  abstract send(chunk: Uint8Array): boolean
  abstract close(): void
  abstract abort(err: Error): void

  /** Sends what it can; called in a task of its own after `schedule`, also when it is over. */
  protected abstract pump(): void

  /** Forgets what has not been sent. */
  protected abstract clear(): void

  /** Small chunks wait for the end of this task, to leave together. */
  protected schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    nextTask(() => {
      this.#scheduled = false
      this.pump()
    })
  }

  /** The other end has closed. */
  protected takeEnd(): void {
    if (this.onend && !this.ending) this.onend()
    else this.close()
  }

  protected finish(err?: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.clear()
    // Never from within a call of the owner's.
    queueMicrotask(() => {
      this.#settle()
      this.onclose(err)
    })
  }
}
