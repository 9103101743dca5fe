import { Replic8Error } from '../errors.ts'
import { OwnedConnection } from './owned-connection.ts'
import { verifyNumber } from './verify-options.ts'

export interface MemoryPairOptions {
  /** The `initiator` of the first end; the second gets the opposite. Default: left out on both. */
  initiator?: boolean
  /** Bytes that one direction queues before `send` gives false. Default 262,144. */
  highWaterMark?: number
  /** What the connections say that they are. Default 'memory'. */
  kind?: string
}

/**
 * Two connections joined within this process: the twin of a network for tests, and for peers in one process.
 * Each direction delivers in a task of its own, and hands over the very chunks that were sent.
 * @throws ERR_BAD_OPTION
 */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryConnection, MemoryConnection] {
  const { initiator, highWaterMark = 262_144, kind = 'memory' } = options
  verifyNumber('highWaterMark', highWaterMark, 1, 2 ** 40)
  const first = new MemoryConnection(kind, highWaterMark, initiator)
  const second = new MemoryConnection(kind, highWaterMark, initiator === undefined ? undefined : !initiator)
  first.join(second)
  return [first, second]
}

/** One end of a memory pair. */
export class MemoryConnection extends OwnedConnection {
  readonly #highWaterMark: number
  #far!: MemoryConnection
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #refused = false
  /** The far end has everything that was sent. */
  #ended = false

  constructor(kind: string, highWaterMark: number, initiator: boolean | undefined) {
    super(kind, initiator)
    this.#highWaterMark = highWaterMark
  }

  /** Makes this and `far` each other's far end. */
  join(far: MemoryConnection): void {
    this.#far = far
    far.#far = this
  }

  send(chunk: Uint8Array): boolean {
    if (this.ending || this.isOver) return false
    if (chunk.length > 0) {
      this.#queue.push(chunk)
      this.#queuedBytes += chunk.length
      this.schedule()
    }
    if (this.#queuedBytes < this.#highWaterMark) return true
    this.#refused = true
    return false
  }

  close(): void {
    if (this.ending || this.isOver) return
    this.ending = true
    this.schedule()
  }

  abort(err: Error): void {
    if (this.isOver) return
    this.finish(err)
    this.#far.finish(new Replic8Error('ERR_CONNECTION', 'The peer cut the connection.'))
  }

  protected override pump(): void {
    // What is sent from within `ondata` waits for the next task, so that one task cannot go on for ever.
    for (let count = this.#queue.length; count > 0 && !this.isOver; count--) {
      const chunk = this.#queue.shift() as Uint8Array
      this.#queuedBytes -= chunk.length
      this.#far.ondata(chunk)
    }
    if (this.isOver) return
    if (this.#queue.length > 0) this.schedule()
    else if (this.ending) this.#end()
    else if (this.#refused) this.#drain()
  }

  #drain(): void {
    this.#refused = false
    this.ondrain()
  }

  /** All of this direction has arrived; when that holds for the other direction too, both ends are over. */
  #end(): void {
    this.#ended = true
    if (!this.#far.#ended) {
      this.#far.takeEnd()
      return
    }
    this.finish()
    this.#far.finish()
  }

  protected override clear(): void {
    this.#queue = []
    this.#queuedBytes = 0
  }
}
