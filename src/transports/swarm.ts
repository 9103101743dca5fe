import type { Transport, TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { SwarmMember } from './swarm-member.ts'
import { type SwarmOptions, type VerifiedSwarmOptions, verifySwarmOptions } from './swarm-options.ts'
import { verify32Bytes } from './verify-options.ts'

export type { DhtNode } from './swarm-hyperswarm.ts'
export type { DhtAddress, SwarmOptions } from './swarm-options.ts'

/**
 * Connects with the peers of the topic that are found by Hyperswarm (the package `hyperswarm`, beside replic8), Node only.
 * Addresses are exchanged through a DHT, the public one or a private one; connections are direct, through most firewalls.
 *
 * A peer that was lost is dialled again by Hyperswarm, later and later. `start` rejects with ERR_NOT_INSTALLED where
 * the package is missing, with ERR_CONNECTION where `host` is no address of this machine, and with ERR_BAD_ARGUMENT as
 * every transport does. Who connects and does not know the topic is a problem (`onproblem`, ERR_HANDSHAKE), and no
 * connection; so is a DHT that does not answer (ERR_CONNECTION).
 * @throws ERR_BAD_OPTION
 */
export function swarm(options: SwarmOptions = {}): Transport {
  return new SwarmTransport(verifySwarmOptions(options))
}

class SwarmTransport implements Transport {
  readonly #options: VerifiedSwarmOptions
  #member: SwarmMember | undefined

  constructor(options: VerifiedSwarmOptions) {
    this.#options = options
  }

  async start(to: TransportTarget): Promise<void> {
    if (this.#member) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
    verify32Bytes('topic', to.topic)
    const member = new SwarmMember(this.#options, to)
    this.#member = member
    try {
      await member.enter()
    } catch (error) {
      if (this.#member === member) this.#member = undefined
      throw error
    }
  }

  async stop(): Promise<void> {
    const member = this.#member
    this.#member = undefined
    await member?.leave()
  }
}
