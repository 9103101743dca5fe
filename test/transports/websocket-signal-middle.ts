/** What a signalling server can do that lies about descriptions: stand between two peers that never meet. */
import { concatBytes, toHex } from '../../src/bytes.ts'
import type { Connection, Signal, Transport } from '../../src/connection.ts'
import { webrtc } from '../../src/transports/webrtc.ts'

/** A signal that takes everybody elsewhere: as its server decides which peers it shows to whom. */
export function divertedSignal(signal: Signal, where: Uint8Array): Signal {
  return { join: (_, id, on) => signal.join(where, id, on) }
}

interface Waiting {
  connection: Connection
  /** What it said before the other was there. */
  early: Uint8Array[]
}

/** Two places, a peer in each, and between them one who answers both with peer connections of its own. */
export class ManInTheMiddle {
  /** Where each peer is led. */
  readonly places: [Uint8Array, Uint8Array] = [randomTopic(), randomTopic()]
  /** Everything that was said by the first, and by the second. */
  readonly seen: [Uint8Array[], Uint8Array[]] = [[], []]
  /** Connections that it has had from both. */
  joined = 0
  /** Set to take part in place of passing on. */
  onconnection: ((connection: Connection) => void) | undefined
  /** What becomes of a chunk. */
  change: (chunk: Uint8Array) => Uint8Array = (chunk) => chunk
  readonly #transports: Transport[]
  readonly #waiting: [Waiting[], Waiting[]] = [[], []]

  constructor(signal: Signal) {
    this.#transports = this.places.map((place, side) => {
      const transport = webrtc({ signal })
      const onconnection = (connection: Connection) => this.#take(connection, side as 0 | 1)
      transport.start({ topic: place, publicKey: place, onconnection, onproblem: () => {} })
      return transport
    })
  }

  /** What both said, as one. */
  get heard(): Uint8Array {
    return concatBytes(this.seen.flat())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.stop()))
  }

  #take(connection: Connection, side: 0 | 1): void {
    if (this.onconnection) {
      this.onconnection(connection)
      return
    }
    const to = this.#waiting[1 - side]?.shift()
    if (to) {
      this.joined++
      this.#pass(connection, to.connection, side)
      this.#pass(to.connection, connection, (1 - side) as 0 | 1)
      for (const chunk of to.early) to.connection.ondata(chunk)
      return
    }
    const early: Uint8Array[] = []
    connection.ondata = (chunk) => early.push(chunk)
    this.#waiting[side].push({ connection, early })
  }

  #pass(from: Connection, to: Connection, side: 0 | 1): void {
    from.ondata = (chunk) => {
      this.seen[side].push(chunk.slice())
      to.send(this.change(chunk))
    }
    from.onclose = () => to.close()
  }
}

/** Whether the bytes are anywhere within others, as they are or as hex digits. */
export function contains(within: Uint8Array, bytes: Uint8Array): boolean {
  const hex = toHex(within)
  const text = new TextDecoder('latin1').decode(within)
  return hex.includes(toHex(bytes)) || text.includes(toHex(bytes))
}

function randomTopic(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}
