import type { Connection } from '../../src/connection.ts'
import type { Replicator } from '../../src/replicator/replicator.ts'
import type { Session } from '../../src/session/session.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { reader, type TestCore } from '../helpers/cores.ts'
import { turn } from '../helpers/sessions.ts'
import { hex } from '../helpers/sharing.ts'
import { taking } from './peers.ts'

export type Kind = 'relay' | 'webrtc'

/** Connects two by a connection of this kind; gives the sessions of both. `turns`: how long each chunk takes. */
export function connectBy(kind: Kind, a: Replicator, b: Replicator, turns = () => 0): [Session, Session] {
  const [mine, theirs] = memoryPair({ kind })
  return [a.connect(slow(mine, turns)), b.connect(slow(theirs, turns))]
}

/** Holds what a connection sends back for some turns of the event loop, and keeps the order. */
export function slow(connection: Connection, turns: () => number): Connection {
  const send = connection.send.bind(connection)
  const close = connection.close.bind(connection)
  let last = Promise.resolve()
  const later = (action: () => void) => {
    const count = turns()
    last = last.then(async () => {
      for (let i = 0; i < count; i++) await turn()
      action()
    })
  }
  connection.send = (chunk) => {
    later(() => send(chunk))
    return true
  }
  connection.close = () => later(close)
  return connection
}

/** How often each block of each feed came over the wire, and was stored. */
export class Counted {
  /** `key index` → how often. */
  readonly arrived = new Map<string, number>()
  readonly stored = new Map<string, number>()
  readonly store: ReturnType<typeof taking>
  /** Called after each block that is stored, with their number. */
  onblock: (count: number) => void = () => {}
  private total = 0

  constructor() {
    this.store = { ...taking(), store: ({ key }) => this.copyOf(key) }
  }

  get copies(): Map<string, TestCore> {
    return this.store.copies
  }

  /** Everything that came more than once. */
  get repeated(): string[] {
    return [this.arrived, this.stored].flatMap((counts) =>
      [...counts].filter(([, count]) => count > 1).map(([block, count]) => `${block}: ${count}`),
    )
  }

  private copyOf(key: Uint8Array): TestCore {
    const copy = reader(key)
    this.copies.set(hex(Buffer.from(key)), copy)
    copy.on('peer-add', (peer: TestCore) => this.watch(copy, peer))
    copy.on('download', (index: number) => {
      add(this.stored, `${hex(copy)} ${index}`)
      this.onblock(++this.total)
    })
    return copy
  }

  /** Sees what the wire brings: each data message of a channel, before the feed judges it. */
  private watch(copy: TestCore, peer: TestCore) {
    const { ondata } = Object.getPrototypeOf(peer)
    peer.ondata = (message: TestCore) => {
      if (message.value) add(this.arrived, `${hex(copy)} ${message.index}`)
      ondata.call(peer, message)
    }
  }
}

function add(counts: Map<string, number>, block: string) {
  counts.set(block, (counts.get(block) ?? 0) + 1)
}
