import type { TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { handOver } from './hand-over.ts'
import { SwarmConnection } from './swarm-connection.ts'
import { dhtTopic, helloOf, verifyHello } from './swarm-hello.ts'
import {
  type Discovery,
  type Hyperswarm,
  type NoiseStream,
  openHyperswarm,
  type SwarmPeer,
} from './swarm-hyperswarm.ts'
import type { VerifiedSwarmOptions } from './swarm-options.ts'

/**
 * Milliseconds between two looks into the DHT. Hyperswarm looks while it announces, and then every ten minutes: peers
 * that start in one moment miss each other, and the first look after the announcement is what finds them.
 */
const looks = { minDelay: 1_000, maxDelay: 600_000 }

/** The presence on one topic, from start to stop. */
export class SwarmMember {
  readonly #options: VerifiedSwarmOptions
  readonly #to: TransportTarget
  readonly #opening: Promise<Hyperswarm>
  readonly #backOff = new BackOff(looks)
  /** Streams that have not said hello. */
  readonly #strangers = new Set<NoiseStream>()
  readonly #connections = new Set<SwarmConnection>()
  #discovery: Discovery | undefined
  #left = false

  constructor(options: VerifiedSwarmOptions, to: TransportTarget) {
    this.#options = options
    this.#to = to
    this.#opening = openHyperswarm(options)
  }

  /** Rejects with ERR_NOT_INSTALLED, ERR_CONNECTION. Does not wait for a peer, nor for the DHT. */
  async enter(): Promise<void> {
    const swarm = await this.#opening
    if (this.#left) return
    const { server, client } = this.#options
    swarm.on('connection', (stream, peer) => this.#meet(stream, peer))
    this.#discovery = swarm.join(dhtTopic(this.#to.topic), { server, client })
    // The look that goes with the announcement is under way: this waits for it.
    void this.#look().then(() => this.#look())
  }

  /** Closes every connection; resolves when all is over. */
  async leave(): Promise<void> {
    this.#left = true
    this.#backOff.cancel()
    const swarm = await this.#opening.catch(() => undefined)
    for (const stream of this.#strangers) stream.destroy()
    const connections = [...this.#connections]
    for (const connection of connections) connection.close()
    await Promise.all(connections.map(({ over }) => over))
    await swarm?.destroy()
  }

  async #look(): Promise<void> {
    const found = await this.#discovery?.refresh().catch(() => false as const)
    if (this.#left) return
    this.#backOff.wait(() => void this.#look())
    if (found === false) this.#to.onproblem(new Replic8Error('ERR_CONNECTION', 'No node of the DHT answers.'))
  }

  #meet(stream: NoiseStream, peer: SwarmPeer): void {
    stream.on('error', () => {})
    const isFull = this.#strangers.size + this.#connections.size >= this.#options.maxPeers
    // Hyperswarm limits only how many it dials.
    if (this.#left || isFull) {
      stream.destroy()
      return
    }
    this.#strangers.add(stream)
    const timer = setTimeout(() => stream.destroy(), this.#options.helloTimeout)
    const done = () => {
      clearTimeout(timer)
      this.#strangers.delete(stream)
    }
    const onhello = (message: Uint8Array) => {
      // An empty one keeps the connection alive.
      if (message.length === 0) return
      stream.off('data', onhello)
      done()
      this.#judge(stream, peer, message)
    }
    stream.on('data', onhello)
    stream.on('close', done)
    stream.write(helloOf(this.#to.topic, stream))
  }

  #judge(stream: NoiseStream, peer: SwarmPeer, hello: Uint8Array): void {
    try {
      verifyHello(hello, this.#to.topic, stream)
    } catch (error) {
      peer.reconnect(false)
      stream.destroy()
      this.#to.onproblem(error as Replic8Error)
      return
    }
    this.#take(new SwarmConnection(stream, this.#options.closeTimeout))
  }

  #take(connection: SwarmConnection): void {
    this.#connections.add(connection)
    void connection.over.then(() => {
      this.#connections.delete(connection)
      if (this.#left || this.#connections.size > 0) return
      this.#backOff.reset()
      this.#backOff.wait(() => void this.#look())
    })
    handOver(connection, this.#to)
  }
}
