import { randomFillSync } from 'node:crypto'
import { WebSocket } from 'ws'

/**
 * The WebSocket that Node dials with. What travels is encrypted: nothing compresses that. Nor does masking change what
 * anyone could know of it. A mask is there so that no script chooses the bytes that a proxy sees (RFC 6455, section
 * 10.3), and of ciphertext nobody does. So the mask of a binary message is the one of zeros, and both ends, `ws` too, save
 * a pass over its bytes and a copy. Texts, in which peers look for each other, are masked at random.
 */
class CiphertextWebSocket extends WebSocket {
  constructor(url: string) {
    // Called while `send` runs, as nothing is compressed; for a ping, a pong and a close outside of it.
    const generateMask = (mask: Buffer) => {
      if (this.#ciphertext) mask.fill(0)
      else randomFillSync(mask)
    }
    super(url, { perMessageDeflate: false, generateMask })
  }

  #ciphertext = false

  override send(data: string | Uint8Array, ...rest: unknown[]): void {
    this.#ciphertext = typeof data !== 'string'
    super.send(data, ...(rest as []))
    this.#ciphertext = false
  }
}

/** The class of `ws`: Node 20 has none of its own, and that of Node 22 takes twice as long and tells not when bytes left. */
export const ownWebSocket = (): unknown => CiphertextWebSocket
