/**
 * Two duplex streams joined by a wire that a test controls: what one end writes the other reads, until the test
 * pauses it, holds chunks back, changes them, or cuts the wire. Nothing here waits for time: a delay lasts until
 * the test releases it.
 */
import { Buffer } from 'buffer'
import { Duplex } from 'streamx'

export type Direction = 'a→b' | 'b→a'
/** A streamx Duplex; the package has no types that fit. */
export type WireEnd = InstanceType<typeof Duplex>
/** Makes of each chunk what arrives in its place: nothing, itself, something else, several. May keep chunks back. */
export type Tap = (chunk: Uint8Array, position: { offset: number; index: number }) => readonly Uint8Array[]

export interface WireCounters {
  /** Bytes and chunks written into the wire so far, before any tap. */
  sent: number
  sentChunks: number
  /** Bytes and chunks that came out at the other end. */
  delivered: number
  deliveredChunks: number
}

export interface ControllableWire {
  readonly a: WireEnd
  readonly b: WireEnd
  /** Takes nothing more from the writer, who feels it as backpressure. */
  pause(direction: Direction): void
  resume(direction: Direction): void
  /** Goes on taking from the writer, and keeps what it takes. */
  hold(direction: Direction): void
  /** Lets go of the first `count` chunks held, or of all; with all, the hold is over. */
  flush(direction: Direction, count?: number): void
  /** How many chunks are held; the end of a stream counts as one. */
  held(direction: Direction): number
  /** Puts a tap into the wire, or takes it out. It sees chunks as they are written, each once. */
  tap(direction: Direction, tap: Tap | null): void
  bytes(direction: Direction): WireCounters
  /** Puts chunks into the wire as if they had been written. */
  inject(direction: Direction, chunk: Uint8Array): void
  /** Ends both streams now, without their end: with `err`, or merely closed. */
  cut(err?: Error): void
  /** Swallows everything from here on, ends too, and tells nobody: a half-open connection. */
  silence(): void
}

export function controllableWire(): ControllableWire {
  const lines = { 'a→b': new Line(), 'b→a': new Line() }
  const a = wireEnd(lines['a→b'], lines['b→a'], () => b)
  const b: WireEnd = wireEnd(lines['b→a'], lines['a→b'], () => a)
  return {
    a,
    b,
    pause: (direction) => lines[direction].pause(),
    resume: (direction) => lines[direction].resume(),
    hold: (direction) => lines[direction].hold(),
    flush: (direction, count) => lines[direction].flush(count),
    held: (direction) => lines[direction].held,
    tap(direction, tap) {
      lines[direction].tap = tap
    },
    bytes: (direction) => ({ ...lines[direction].counters }),
    inject: (direction, chunk) => lines[direction].inject(chunk),
    cut(err) {
      // Each end gets the error itself, and not by way of the other.
      for (const line of Object.values(lines)) line.silent = true
      for (const end of [a, b]) end.destroy(err)
    },
    silence() {
      for (const line of Object.values(lines)) line.silent = true
    },
  }
}

function wireEnd(outgoing: Line, incoming: Line, far: () => WireEnd): WireEnd {
  let ended = false
  const end = new Duplex({
    write: (chunk: Uint8Array, done: () => void) => outgoing.write(chunk, done),
    final(done: () => void) {
      ended = true
      outgoing.write(null, done)
    },
    read(done: () => void) {
      // Answered at once: a read that is under way would keep the stream from being destroyed.
      done()
      incoming.read()
    },
    predestroy() {
      outgoing.release()
      // An end that goes away in the middle takes the other with it; one that had said its end does not.
      if (!ended && !outgoing.silent) far().destroy()
    },
  })
  incoming.push = (chunk) => end.push(chunk)
  return end
}

/** One direction. */
class Line {
  tap: Tap | null = null
  silent = false
  /** The reading end's; set when that is made. */
  push: (chunk: Uint8Array | null) => boolean = () => true
  readonly counters: WireCounters = { sent: 0, sentChunks: 0, delivered: 0, deliveredChunks: 0 }

  /** Written and not taken yet: streamx writes one chunk at a time. */
  #offered: { chunk: Uint8Array | null; done: () => void } | undefined
  #taken: (Uint8Array | null)[] = []
  /** The reader has room. */
  #wanted = false
  #paused = false
  #holding = false
  /** Chunks that a flush let go of while the reader had no room. */
  #allowed = 0

  get held(): number {
    return this.#holding ? this.#taken.length - this.#allowed : 0
  }

  write(chunk: Uint8Array | null, done: () => void): void {
    this.#offered = { chunk, done }
    this.#move()
  }

  read(): void {
    this.#wanted = true
    this.#move()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#move()
  }

  hold(): void {
    this.#holding = true
    this.#allowed = 0
  }

  flush(count?: number): void {
    if (count === undefined) this.#holding = false
    else this.#allowed = Math.min(this.#taken.length, this.#allowed + count)
    this.#move()
  }

  inject(chunk: Uint8Array): void {
    this.#taken.push(Buffer.from(chunk))
    this.#move()
  }

  /** The writing end is gone; streamx waits for the write that is under way. */
  release(): void {
    const offered = this.#offered
    this.#offered = undefined
    if (offered?.chunk === null) this.#taken.push(null)
    offered?.done()
    this.#deliver()
  }

  #move(): void {
    do {
      this.#take()
      this.#deliver()
    } while (this.#takes())
  }

  /** Something is offered that can be taken now. */
  #takes(): boolean {
    if (!this.#offered) return false
    return this.silent || (!this.#paused && (this.#holding || this.#taken.length === 0))
  }

  #take(): void {
    const offered = this.#offered
    if (!offered || !this.#takes()) return
    this.#offered = undefined
    if (this.silent) this.#taken = []
    else if (offered.chunk) this.#takeChunk(offered.chunk)
    else this.#taken.push(null)
    offered.done()
  }

  #takeChunk(chunk: Uint8Array): void {
    const position = { offset: this.counters.sent, index: this.counters.sentChunks }
    this.counters.sent += chunk.length
    this.counters.sentChunks++
    // A copy, as a network makes: the reader changes what it gets in place.
    const copy = Buffer.from(chunk)
    this.#taken.push(...(this.tap ? this.tap(copy, position) : [copy]))
  }

  #deliver(): void {
    while (!this.silent && this.#wanted && this.#taken.length > 0 && (!this.#holding || this.#allowed > 0)) {
      const chunk = this.#taken.shift() as Uint8Array | null
      if (this.#holding) this.#allowed--
      if (chunk) {
        this.counters.delivered += chunk.length
        this.counters.deliveredChunks++
      }
      this.#wanted = false
      // A reader that is full asks again when it is not.
      if (this.push(chunk)) this.#wanted = true
    }
  }
}

/** Flips one bit of the byte at this offset of everything written. */
export function flipByteAt(offset: number): Tap {
  return (chunk, position) => {
    const at = offset - position.offset
    if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] as number) ^ 1
    return [chunk]
  }
}

/** Loses the chunk with this index. */
export function dropChunk(index: number): Tap {
  return (chunk, position) => (position.index === index ? [] : [chunk])
}

/** Delivers the chunk with this index twice. */
export function duplicateChunk(index: number): Tap {
  return (chunk, position) => (position.index === index ? [chunk, Buffer.from(chunk)] : [chunk])
}

/** Lets the chunk with this index pass after the next one. */
export function swapChunk(index: number): Tap {
  let late: Uint8Array | undefined
  return (chunk, position) => {
    if (position.index === index) {
      late = chunk
      return []
    }
    const passed = late ? [chunk, late] : [chunk]
    late = undefined
    return passed
  }
}
