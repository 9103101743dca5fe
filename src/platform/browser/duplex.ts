/**
 * The stream that simple-peer extends, in place of the package readable-stream, which is larger than simple-peer
 * itself. It has what simple-peer and a transport use, and no more: pieces of bytes, one write at a time, and
 * no `destroy`, since simple-peer brings its own.
 */
import { EventEmitter } from 'events'

type Done = (error?: Error | null) => void

interface Piece {
  chunk: Uint8Array
  done: Done | undefined
}

export abstract class Duplex extends EventEmitter {
  readable = true
  writable = true
  // simple-peer reads these two when it is destroyed.
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }
  /** Bytes that were written and not taken yet. */
  writableLength = 0

  readonly #highWaterMark: number
  readonly #objectMode: boolean
  #arrived: (Uint8Array | string)[] = []
  #flowing = false
  #endEmitted = false
  #toWrite: Piece[] = []
  #writing = false
  #ending = false
  #needDrain = false

  constructor(options: { highWaterMark?: number; objectMode?: boolean } = {}) {
    super()
    this.#objectMode = options.objectMode ?? false
    this.#highWaterMark = options.highWaterMark ?? 16_384
  }

  abstract _write(chunk: Uint8Array, encoding: string, done: Done): void

  override on(event: string, listener: (...args: never[]) => void): this {
    super.on(event, listener as () => void)
    if (event === 'data') queueMicrotask(() => this.resume())
    return this
  }

  /** Called by simple-peer with what arrived; null: nothing more will. Text stays text in object mode only. */
  push(chunk: Uint8Array | string | null): boolean {
    if (chunk === null) this._readableState.ended = true
    else if (!this._readableState.ended) {
      this.#arrived.push(typeof chunk === 'string' && !this.#objectMode ? Buffer.from(chunk) : chunk)
    }
    this.#flow()
    return this.#flowing
  }

  pause(): this {
    this.#flowing = false
    return this
  }

  resume(): this {
    this.#flowing = true
    this.#flow()
    return this
  }

  /** false: wait for `drain`. */
  write(chunk: Uint8Array, done?: Done): boolean {
    if (this.#ending) {
      done?.(new Error('write after end'))
      return false
    }
    this.#toWrite.push({ chunk, done })
    this.writableLength += chunk.length
    this.#writeNext()
    if (this.writableLength < this.#highWaterMark) return true
    this.#needDrain = true
    return false
  }

  end(): this {
    this.#ending = true
    this.#writeNext()
    return this
  }

  #flow(): void {
    while (this.#flowing && this.#arrived.length > 0) this.emit('data', this.#arrived.shift())
    const over = this.#flowing && this._readableState.ended && this.#arrived.length === 0
    if (!over || this.#endEmitted) return
    this.#endEmitted = true
    this.emit('end')
  }

  #writeNext(): void {
    if (this.#writing) return
    const piece = this.#toWrite.shift()
    if (!piece) {
      this.#afterWriting()
      return
    }
    this.#writing = true
    this._write(piece.chunk, 'buffer', (error) => {
      this.#writing = false
      this.writableLength -= piece.chunk.length
      piece.done?.(error)
      if (error) this.emit('error', error)
      else this.#writeNext()
    })
  }

  #afterWriting(): void {
    if (this.#needDrain) {
      this.#needDrain = false
      queueMicrotask(() => this.emit('drain'))
    }
    if (!this.#ending || this._writableState.finished) return
    this._writableState.finished = true
    queueMicrotask(() => this.emit('finish'))
  }
}

const stream = { Duplex }

// CommonJS requires this module and takes the object itself.
export { stream as default, stream as 'module.exports' }
