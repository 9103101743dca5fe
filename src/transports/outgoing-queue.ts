import { concatBytes } from '../bytes.ts'

/**
 * Bytes that wait to be sent over something that takes messages. Small chunks leave joined, because a message costs
 * the same whatever it holds; large ones leave in pieces, because a message has a largest size.
 */
export class OutgoingQueue {
  #chunks: Uint8Array[] = []
  #head = 0
  #bytes = 0

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /**
   * Takes out the next message, at most `most` bytes; undefined when nothing waits. Copies only what it joins.
   * @param together bytes that are joined at most: a large chunk travels alone
   */
  take(most: number, together = most): Uint8Array | undefined {
    const first = this.#chunks[this.#head]
    if (!first) return undefined
    const message = first.length > most ? this.#split(first, most) : this.#join(first, together)
    this.#bytes -= message.length
    this.#forget()
    return message
  }

  clear(): void {
    this.#chunks = []
    this.#head = 0
    this.#bytes = 0
  }

  #split(first: Uint8Array, most: number): Uint8Array {
    this.#chunks[this.#head] = first.subarray(most)
    return first.subarray(0, most)
  }

  #join(first: Uint8Array, most: number): Uint8Array {
    const start = this.#head++
    let length = first.length
    for (let next = this.#chunks[this.#head]; next && length + next.length <= most; ) {
      length += next.length
      next = this.#chunks[++this.#head]
    }
    return this.#head - start === 1 ? first : concatBytes(this.#chunks.slice(start, this.#head))
  }

  /** Lets go of what was taken; in large steps, since shifting an array moves all of it. */
  #forget(): void {
    if (this.#head < this.#chunks.length && this.#head < 1024) return
    this.#chunks = this.#chunks.slice(this.#head)
    this.#head = 0
  }
}
