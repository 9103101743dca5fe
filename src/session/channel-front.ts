import type { EngineChannel } from './engine-channel.ts'
import { IncomingMessages } from './incoming-messages.ts'
import type { StreamKeys, StreamView } from './stream-view.ts'

/** What a core sees of its channel that is as hypercore-protocol has it. */
export abstract class ChannelFront extends IncomingMessages {
  abstract readonly stream: StreamView
  abstract readonly channel: EngineChannel
  abstract get closed(): boolean

  get state(): StreamKeys {
    return this.stream.state
  }

  get key(): Buffer | null {
    return this.channel.key
  }

  get discoveryKey(): Buffer {
    return this.channel.discoveryKey
  }

  get localId() {
    return this.channel.localId
  }

  get remoteId() {
    return this.channel.remoteId
  }

  get remoteOpened() {
    return this.channel.remoteOpened
  }

  get remoteVerified() {
    return this.channel.opened && this.channel.remoteOpened
  }

  options(message: unknown) {
    if (!this.closed) this.channel.options(message)
  }

  unhave(message: unknown) {
    if (!this.closed) this.channel.unhave(message)
  }

  want(message: unknown) {
    if (!this.closed) this.channel.want(message)
  }

  unwant(message: unknown) {
    if (!this.closed) this.channel.unwant(message)
  }

  cancel(message: unknown) {
    if (!this.closed) this.channel.cancel(message)
  }

  extension(id: number, message: Buffer) {
    if (!this.closed) this.channel.extension(id, message)
  }
}
