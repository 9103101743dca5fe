/** One end that joined a topic, with what came to it. */
import type { Connection, Signal, SignalEvents, SignalRoom } from '../../src/connection.ts'
import type { Replic8Error } from '../../src/errors.ts'
import { ConnectedEnd } from './connected-end.ts'
import { Arrivals } from './websocket-dialled.ts'

export class SignalMember {
  readonly id: string
  readonly room: SignalRoom
  readonly peers = new Arrivals<string>()
  readonly gone = new Arrivals<string>()
  readonly messages = new Arrivals<{ from: string; data: unknown }>()
  readonly relays = new Arrivals<{ id: string; connection: Connection; end: ConnectedEnd }>()
  readonly norelays = new Arrivals<{ id: string; error: Replic8Error }>()
  readonly problems = new Arrivals<Replic8Error>()

  constructor(signal: Signal, topic: Uint8Array, id: string, on: Partial<SignalEvents> = {}) {
    this.id = id
    this.room = signal.join(topic, id, {
      peer: (peer) => this.peers.add(peer),
      gone: (peer) => this.gone.add(peer),
      message: (from, data) => this.messages.add({ from, data }),
      relay: (peer, connection) =>
        this.relays.add({ id: peer, connection, end: new ConnectedEnd(connection) }),
      norelay: (peer, error) => this.norelays.add({ id: peer, error: error as Replic8Error }),
      problem: (error) => this.problems.add(error as Replic8Error),
      ...on,
    })
  }
}
