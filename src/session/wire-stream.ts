import { Duplex } from 'streamx'
import { nextTask } from '../next-task.ts'

export interface WireHandlers {
  /** The first byte can flow: somebody reads or writes. */
  onattach(): void
  /** Bytes of the peer. Nothing more is delivered until `done` is called. */
  onbytes(bytes: Buffer, done: () => void): void
  /** The peer's side of the transport has ended; the stream says 'finish' when `done` is called. */
  onend(done: () => void): void
  /** Somebody destroys the stream; gives the error that it ends with. */
  ondestroy(error: Error | null): Error | null
  /** It is being destroyed: whatever waits for a `done` has to be let go. */
  onrelease(): void
  /** The stream is over, for whatever reason. */
  onclose(): void
  /** The queue has fallen below the mark. */
  ondrain(): void
}

/** Bytes of the peer's that a page takes in one task: some milliseconds of decrypting, hashing and storing. */
const inOneTask = 65_536
/** What came as one and is no larger is taken as one: a block of 64 KiB and its proof, which would have to be put together again. */
const asOne = 69_632

/** What draws frames. A worker does not, nor does Node. */
const isPage = 'document' in globalThis

/** Bytes that travel together at most; what is as large by itself travels alone, and is not copied. */
const together = 16_384

/**
 * The raw duplex of a session: bytes from the peer go in, bytes for the peer come out. It queues what the transport
 * does not take yet and counts it, because hypercore-protocol pushes without looking.
 */
export class WireStream extends Duplex {
  queuedBytes = 0
  bytesSent = 0
  bytesReceived = 0
  /** Calls back when the transport has taken the last bytes; whoever pipes the stream may know better when that is. */
  drained = (done: () => void) => done()
  /** Nothing is taken any more: the transport ended, or both sides said goodbye. */
  writableEnding = false
  /** Bytes that may wait here to be taken, for a transport that can not be paused. */
  patience: number
  /**
   * Encrypts in place. Where it is set, bytes wait for the end of what is under way: a feed takes a dozen small messages,
   * and to encrypt and deliver each by itself costs more than to make it.
   */
  seal: ((bytes: Buffer) => void) | null = null
  /** Somebody has wired it. */
  piped = false
  /** By hand: the end of the transport then comes from whoever did it. */
  pipedByHand = false
  private readonly handlers: WireHandlers
  private readonly mark: number
  private unsealed: Buffer[] = []
  private unsealedBytes = 0
  /** Bytes received since the last task of their own. */
  private taskBytes = 0
  private queue: Buffer[] = []
  private head = 0
  private wanted = false
  private above = false
  private finishing = false
  private pushedEnd = false

  /**
   * @param mark bytes in the queue above which `ondrain` is called once it has fallen below half of them
   * @param patience see there
   */
  constructor(mark: number, patience: number, handlers: WireHandlers) {
    super()
    this.mark = mark
    this.patience = patience
    this.handlers = handlers
    // An 'error' that nobody listens to would end the process; who wants it asks for it, or for `closed`.
    this.on('error', () => {})
    this.on('piping', () => {
      this.piped = true
    })
    this.on('pipe', (source: { resume?(): void }) => {
      this.piped = this.pipedByHand = true
      // What is piped in by hand stands still when this is over, and would never see the end of its own transport.
      this.on('close', () => queueMicrotask(() => source.resume?.()))
    })
  }

  /** Takes bytes for the peer, always; `queuedBytes` tells how many the transport has not taken. */
  send(bytes: Buffer) {
    if (this.destroying || this.finishing) return
    this.bytesSent += bytes.length
    if (!this.seal) return this.enqueue(bytes)
    if (this.unsealedBytes + bytes.length > together) this.sealAll()
    if (this.unsealed.push(bytes) === 1) process.nextTick(this.endTurn)
    this.unsealedBytes += bytes.length
    this.count(bytes.length)
  }

  /** What was sent waits no longer: after a goodbye nothing comes that it could travel with. */
  readonly sealAll = () => {
    const { unsealed, unsealedBytes } = this
    if (unsealed.length === 0) return
    const bytes = unsealed.length === 1 ? (unsealed[0] as Buffer) : Buffer.concat(unsealed, unsealedBytes)
    this.unsealed = []
    this.unsealedBytes = 0
    this.queuedBytes -= unsealedBytes
    this.seal?.(bytes)
    this.enqueue(bytes)
  }

  /** Not from within `send`: who hears of the room may send, and would come before what is being sent. */
  private readonly endTurn = () => {
    this.sealAll()
    this.tellRoom()
  }

  private enqueue(bytes: Buffer) {
    if (this.wanted && this.head === this.queue.length) {
      this.wanted = this.push(bytes)
      return
    }
    this.queue.push(bytes)
    this.count(bytes.length)
  }

  /** Ends this side after all that was sent. */
  finish() {
    if (this.finishing) return
    this.sealAll()
    this.finishing = true
    this.flush()
  }

  /** Ends both sides without the bytes that the transport has not taken. */
  abandon() {
    if (this.destroying) return
    this.clear()
    this.finish()
    this.end()
    this.resume()
  }

  end(chunk?: Uint8Array) {
    this.writableEnding = true
    return super.end(chunk)
  }

  destroy(error?: Error | null) {
    if (this.destroying) return
    super.destroy(this.handlers.ondestroy(error ?? null))
    this.handlers.onrelease()
  }

  pipe<T>(to: T, done?: (error: Error | null) => void): T {
    // streamx destroys what it pipes to, and an 'error' that nobody listens to would end the process.
    ;(to as { on?(event: string, listener: () => void): void }).on?.('error', () => {})
    return super.pipe(to, done)
  }

  _open(done: () => void) {
    this.piped = true
    this.handlers.onattach()
    done()
  }

  _read(done: () => void) {
    this.wanted = true
    this.flush()
    done()
  }

  _write(chunk: Uint8Array, done: () => void) {
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (isPage) this.receiveInPieces(bytes, done)
    else this.receive(bytes, done)
  }

  private receive(bytes: Buffer, done: () => void) {
    this.bytesReceived += bytes.length
    this.handlers.onbytes(bytes, done)
  }

  /** As much in one task as a page can do between two frames; what else waits, drawing above all, has its turn. */
  private receiveInPieces(bytes: Buffer, done: () => void) {
    const piece = bytes.length <= asOne ? bytes : bytes.subarray(0, inOneTask - this.taskBytes)
    this.taskBytes += piece.length
    const next = () => {
      if (piece.length < bytes.length && !this.destroying)
        this.receiveInPieces(bytes.subarray(piece.length), done)
      else done()
    }
    this.receive(piece, () => {
      if (this.taskBytes < inOneTask) return next()
      nextTask(() => {
        this.taskBytes = 0
        next()
      })
    })
  }

  _final(done: () => void) {
    this.handlers.onend(done)
  }

  _predestroy() {
    this.clear()
  }

  _destroy(done: () => void) {
    this.handlers.onclose()
    done()
  }

  private clear() {
    this.unsealed = []
    this.queue = []
    this.head = this.queuedBytes = this.unsealedBytes = 0
  }

  private flush() {
    while (this.wanted && this.head < this.queue.length) {
      const bytes = this.queue[this.head++] as Buffer
      this.queuedBytes -= bytes.length
      this.wanted = this.push(bytes)
    }
    if (this.head === this.queue.length) {
      this.queue = []
      this.head = 0
      if (this.finishing && !this.pushedEnd && !this.destroying) {
        this.pushedEnd = true
        this.push(null)
      }
    }
    this.tellRoom()
  }

  private count(bytes: number) {
    this.queuedBytes += bytes
    if (this.queuedBytes > this.mark) this.above = true
  }

  private tellRoom() {
    if (!this.above || this.queuedBytes > this.mark / 2) return
    this.above = false
    this.handlers.ondrain()
  }
}
