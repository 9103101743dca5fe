import type { Transport } from '../../src/connection.ts'
import { type WebRtcImplementation, type WebRtcOptions, webrtc } from '../../src/transports/webrtc.ts'
import { ConnectedEnd } from './connected-end.ts'
import type { SignalHub } from './signal-hub.ts'
import { noted } from './webrtc-pair.ts'

const topic = new Uint8Array(32)
const transports: Transport[] = []

/** For `afterEach`. */
export async function stopHubPeers(): Promise<void> {
  await Promise.all(transports.splice(0).map((transport) => transport.stop()))
}

/** One end on a hub, with what came to it. */
export class HubPeer {
  readonly id: string
  readonly transport: Transport
  readonly made: { close(): void }[]
  readonly ends: ConnectedEnd[] = []
  readonly problems: Error[] = []
  #wakers: (() => void)[] = []

  constructor(hub: SignalHub, real: WebRtcImplementation, options: Partial<WebRtcOptions> = {}) {
    const before = new Set(hub.ids)
    const { wrtc: native, made } = noted(real)
    this.made = made
    this.transport = webrtc({ signal: hub.signal, wrtc: native, ...options })
    transports.push(this.transport)
    this.transport.start({
      topic,
      publicKey: topic,
      onconnection: (connection) => this.#note(() => this.ends.push(new ConnectedEnd(connection))),
      onproblem: (err) => this.#note(() => this.problems.push(err)),
    })
    this.id = hub.ids.find((id) => !before.has(id)) as string
  }

  async connected(count = 1): Promise<ConnectedEnd> {
    while (this.ends.length < count) await this.#something()
    return this.ends[count - 1] as ConnectedEnd
  }

  async problem(): Promise<Error> {
    while (this.problems.length === 0) await this.#something()
    return this.problems[0] as Error
  }

  #something(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve))
  }

  #note(happened: () => void): void {
    happened()
    for (const wake of this.#wakers.splice(0)) wake()
  }
}

/** Two connected peers, the one that called first. */
export async function connectedHubPair(
  hub: SignalHub,
  real: WebRtcImplementation,
  options: Partial<WebRtcOptions> = {},
) {
  const peers = [new HubPeer(hub, real, options), new HubPeer(hub, real, options)]
  const [caller, called] = peers.sort((x, y) => (x.id < y.id ? -1 : 1)) as [HubPeer, HubPeer]
  const [callerEnd, calledEnd] = await Promise.all([caller.connected(), called.connected()])
  return { caller, called, callerEnd, calledEnd }
}
