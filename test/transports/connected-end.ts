import { expect } from 'vitest'
import type { Connection } from '../../src/connection.ts'

/** The byte at an offset of the stream that every test sends: no two stretches of it look the same. */
export const patternByte = (offset: number) => Math.imul(offset + 1, 0x9e3779b1) >>> 24

export function patternBytes(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = patternByte(offset + i)
  return bytes
}

/** The owner of one end of a connection: sends the pattern, checks what arrives against it, notes every event. */
export class ConnectedEnd {
  readonly connection: Connection
  /** Bytes handed to `send`, by which the next ones are chosen. */
  sent = 0
  received = 0
  /** The offset of the first byte that arrived wrong. */
  wrongAt: number | undefined
  drains = 0
  readonly closes: (Error | undefined)[] = []
  /** Resolves with what `onclose` got. */
  readonly closed: Promise<Error | undefined>
  /** True while a call of the owner's is under way; set by `calling`. */
  #calling = false
  /** Events that came from within a call of the owner's. */
  reentrant = 0
  #wakers: (() => void)[] = []

  constructor(connection: Connection) {
    this.connection = connection
    connection.ondata = (chunk) => this.#check(chunk)
    connection.ondrain = () => {
      this.#note()
      this.drains++
      this.#wake()
    }
    this.closed = new Promise((resolve) => {
      connection.onclose = (err) => {
        this.#note()
        this.closes.push(err)
        resolve(err)
        this.#wake()
      }
    })
  }

  /** Sends the next `length` bytes of the pattern in one call. */
  send(length: number): boolean {
    const chunk = patternBytes(this.sent, length)
    this.sent += length
    return this.calling(() => this.connection.send(chunk))
  }

  /** Sends `total` bytes in chunks of `size`, and waits for `ondrain` whenever it is told to. */
  async sendObeying(total: number, size: number, each: () => void = () => {}): Promise<number> {
    let refusals = 0
    for (let left = total; left > 0; left -= size) {
      const { drains } = this
      const more = this.send(Math.min(size, left))
      each()
      if (more) continue
      refusals++
      await this.#until(() => this.drains > drains, 'the connection to drain')
    }
    return refusals
  }

  /** Resolves when `total` bytes have arrived; fails when the connection ends before. */
  arrived(total: number): Promise<void> {
    return this.#until(() => this.received >= total, `${total} bytes`)
  }

  /** Runs a call of the owner's, during which no event may happen. */
  calling<T>(call: () => T): T {
    this.#calling = true
    try {
      return call()
    } finally {
      this.#calling = false
    }
  }

  /** What holds for every end that did not see an error of the wire. */
  expectBytes(total: number): void {
    expect(this.wrongAt).toBeUndefined()
    expect(this.received).toBe(total)
    expect(this.reentrant).toBe(0)
  }

  #check(chunk: Uint8Array): void {
    this.#note()
    for (let i = 0; i < chunk.length; i++) {
      if (this.wrongAt === undefined && chunk[i] !== patternByte(this.received + i)) {
        this.wrongAt = this.received + i
      }
      // The chunk is the receiver's: what comes later must not suffer.
      chunk[i] = 0xff
    }
    this.received += chunk.length
    this.#wake()
  }

  #note(): void {
    if (this.#calling) this.reentrant++
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    while (!done()) {
      if (this.closes.length > 0) {
        throw new Error(`The connection ended before ${what}; ${this.received} bytes came.`, {
          cause: this.closes[0],
        })
      }
      await new Promise<void>((resolve) => this.#wakers.push(resolve))
    }
  }

  #wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }
}
