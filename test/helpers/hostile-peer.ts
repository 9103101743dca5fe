import { discoveryKey } from 'hypercore-crypto'
import Protocol from 'hypercore-protocol'
import { controlKeys, messageCode } from '../../src/session/keys.ts'
import { decodeMessage, encodeMessage } from '../../src/wire/codec.ts'
import type { ControlMessage, HelloMessage } from '../../src/wire/messages.ts'
import { protocolVersion } from '../../src/wire/messages.ts'

// biome-ignore lint/suspicious/noExplicitAny: hypercore-protocol 8 has no types of its own.
type Any = any

const limits = {
  feedsPerPage: 1024,
  pageBytes: 262_144,
  headerBytes: 4096,
  headerDepth: 8,
  offersOutstanding: 64,
  controlPerSecond: 1000,
}

export const hello: HelloMessage = {
  type: 'hello',
  version: protocolVersion,
  live: true,
  remembers: false,
  limits,
  userData: null,
}

/**
 * A peer on bare hypercore-protocol 8, for a session with `initiator: false`: it holds the encryption key and can do
 * what no session would.
 */
export class HostilePeer {
  readonly stream: Any
  /** Resolves when the Noise handshake is over. */
  readonly shaken: Promise<void>
  /** Every control message of the session. */
  readonly received: ControlMessage[] = []
  control: Any = null
  private readonly encryptionKey: Buffer
  private keys: ReturnType<typeof controlKeys> | null = null
  private sent = 0
  private waiting: (() => void)[] = []

  constructor(encryptionKey: Buffer, options: object = {}) {
    this.encryptionKey = encryptionKey
    let shaken!: () => void
    this.shaken = new Promise((resolve) => {
      shaken = resolve
    })
    this.stream = new Protocol(true, { live: true, timeout: 0, onhandshake: shaken, ...options })
    this.stream.on('error', () => {})
    // The OPEN of a feed that was agreed on proves nothing.
    this.stream.channelizer.noise = false
  }

  /** Opens the control channel, as an honest peer does. */
  async prove() {
    await this.shaken
    this.keys = controlKeys(this.encryptionKey, {
      local: (label) => this.stream.state.capability(label),
      remote: (label) => this.stream.state.remoteCapability(label),
    })
    this.control = this.stream.open(this.keys.channel, {
      onextension: (_id: number, message: Buffer) => {
        this.received.push(decodeMessage(message.subarray(0, -16), limits))
        for (const wake of this.waiting.splice(0)) wake()
      },
    })
  }

  /** Opens the control channel and says hello. */
  async greet(message: HelloMessage = hello) {
    await this.prove()
    this.send(message)
  }

  send(message: ControlMessage) {
    this.sendBytes(encodeMessage(message))
  }

  /** Any bytes as a control message with the right code. */
  sendBytes(bytes: Uint8Array) {
    const { send } = this.keys as NonNullable<HostilePeer['keys']>
    this.control.extension(0, Buffer.concat([bytes, messageCode(send, this.sent++, bytes)]))
  }

  /** The control channel's discovery key. */
  get controlDiscoveryKey(): Buffer {
    return discoveryKey(this.keys?.channel)
  }

  /** Waits for a message of this type. */
  async heard<Type extends ControlMessage['type']>(type: Type) {
    for (;;) {
      const found = this.received.find((message) => message.type === type)
      if (found) return found as Extract<ControlMessage, { type: Type }>
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }
}
