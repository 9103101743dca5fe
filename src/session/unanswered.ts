import type { BlockRequest } from './early-requests.ts'
import type { Want } from './unsaid.ts'

/** What a peer wants on a channel: a block, or to know which ones there are. */
export type Asked = BlockRequest | Want

/** A peer with more than this asks without reading. */
const most = 65_536

/** What a peer asked while the transport took nothing, in order. */
export class Unanswered {
  private asked: Asked[] = []
  private head = 0

  get length(): number {
    return this.asked.length - this.head
  }

  /** Where too much waits already, it is forgotten. */
  push(asked: Asked) {
    if (this.length < most) this.asked.push(asked)
  }

  /** The first. */
  shift(): Asked {
    const first = this.asked[this.head++] as Asked
    if (this.head === this.asked.length || this.head >= most) {
      this.asked = this.asked.slice(this.head)
      this.head = 0
    }
    return first
  }
}

export function isWant(asked: Asked): asked is Want {
  return 'start' in asked
}
