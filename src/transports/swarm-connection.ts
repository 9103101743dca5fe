import type { Connection } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { nextTask } from '../next-task.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import type { NoiseStream } from './swarm-hyperswarm.ts'

/** Above this many bytes waiting `send` gives false. */
const highWaterMark = 262_144
/** At this many bytes or fewer nobody has to wait. */
const lowWaterMark = 65_536
/** The largest message sent: what is encrypted at a time. */
const messageBytes = 65_536

const nothing = () => {}

/**
 * A connection over one stream of Hyperswarm. The stream half-closes: an end that closes ends its half behind its bytes,
 * the other sends what it has and ends its own. A stream that is over in any other way was cut.
 */
export class SwarmConnection implements Connection {
  readonly kind = 'swarm'
  readonly initiator: boolean
  ondata: (chunk: Uint8Array) => void = nothing
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  onend?: () => void
  /** Resolves when `onclose` was called and nothing of the stream is left. */
  readonly over: Promise<void>

  readonly #stream: NoiseStream
  readonly #closeTimeout: number
  readonly #queue = new OutgoingQueue()
  #scheduled = false
  /** The stream has enough for now. */
  #full = false
  #refused = false
  #ending = false
  #endSent = false
  #endReceived = false
  #over = false
  #error: Error | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined

  /** Set its handlers before the next task. */
  constructor(stream: NoiseStream, closeTimeout: number) {
    this.initiator = stream.isInitiator
    this.#stream = stream
    this.#closeTimeout = closeTimeout
    stream.on('data', (bytes: Uint8Array) => this.#takeBytes(bytes))
    stream.on('end', () => this.#takeEnd())
    stream.on('drain', () => this.#progress())
    stream.on('error', (error: Error) => {
      this.#error ??= error
    })
    stream.rawStream.on('error', (error: Error) => {
      this.#error ??= error
    })
    this.over = new Promise((resolve) => {
      // The stream itself is over as soon as it has handed on its last bytes.
      stream.rawStream.on('close', () => {
        this.#finish(this.#isDone() ? undefined : cutError(this.#error))
        resolve()
      })
    })
  }

  send(chunk: Uint8Array): boolean {
    if (this.#ending || this.#over) return false
    this.#queue.push(chunk)
    // Small chunks wait for the end of this task, to leave together.
    this.#schedule()
    if (this.#queue.bytes < highWaterMark) return true
    this.#refused = true
    return false
  }

  close(): void {
    if (this.#ending || this.#over) return
    this.#ending = true
    this.#extendDeadline()
    this.#schedule()
  }

  abort(err: Error): void {
    this.#finish(err)
  }

  #isDone(): boolean {
    return this.#endSent && this.#endReceived && !this.#error
  }

  #takeBytes(bytes: Uint8Array): void {
    if (this.#over) return
    if (this.#ending || this.#endReceived) this.#extendDeadline()
    // An empty one keeps the connection alive.
    if (bytes.length > 0) this.ondata(bytes)
  }

  #takeEnd() {
    if (this.#over) return
    this.#endReceived = true
    this.#extendDeadline()
    if (this.onend && !this.#ending) return this.onend()
    this.#ending = true
    this.#schedule()
  }

  #progress(): void {
    this.#full = false
    if ((this.#ending || this.#endReceived) && !this.#over) this.#extendDeadline()
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    nextTask(() => {
      this.#scheduled = false
      if (!this.#over) this.#pump()
    })
  }

  #pump(): void {
    while (!this.#full && this.#queue.bytes > 0)
      this.#full = !this.#stream.write(this.#queue.take(messageBytes) as Uint8Array)
    if (this.#ending) this.#sayEnd()
    else if (this.#refused && this.#queue.bytes <= lowWaterMark) {
      this.#refused = false
      this.ondrain()
    }
  }

  #sayEnd(): void {
    if (this.#endSent || this.#queue.bytes > 0) return
    this.#endSent = true
    this.#stream.end()
  }

  #extendDeadline(): void {
    clearTimeout(this.#deadline)
    const late = () => this.#finish(new Replic8Error('ERR_CONNECTION', 'The peer does not finish closing.'))
    this.#deadline = setTimeout(late, this.#closeTimeout)
  }

  #finish(err?: Error): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#deadline)
    this.#queue.clear()
    this.#stream.destroy()
    // Never from within a call of the owner's.
    queueMicrotask(() => this.onclose(err))
  }
}

/** The error of a stream that ended without both ends having closed the connection. */
function cutError(error: Error | undefined): Replic8Error {
  if (error) return toReplic8Error(error, 'ERR_CONNECTION')
  return new Replic8Error('ERR_CONNECTION', 'The stream was cut.')
}
