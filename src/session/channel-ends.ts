import type { EngineChannel } from './engine-channel.ts'

/** What of hypercore-protocol 8 keeps the channels, each with an end at either side that has an id of its own. */
export interface Channelizer {
  readonly local: (EngineChannel | null)[]
  readonly remote: (EngineChannel | null)[]
  readonly created: ReadonlyMap<string, EngineChannel>
  getChannel(discoveryKey: Buffer): EngineChannel | undefined
  createChannel(discoveryKey: Buffer): EngineChannel
  allocLocal(): number
  attachRemote(channel: EngineChannel, id: number): void
  detachChannel(channel: EngineChannel): void
  onopen(id: number, message: { discoveryKey: Buffer }): void
  onclose(id: number, message: object): void
}

/** What of hypercore-protocol 8 sends. */
export interface Sender {
  open(id: number, message: { discoveryKey: Buffer }): void
  close(id: number, message: object): void
}

/**
 * Which end of a channel belongs to which: of one feed the first OPEN of a side to the first OPEN of the other, the
 * second to the second, and so on. hypercore-protocol takes whatever end is open: where a channel is closed and opened
 * again before the OPEN of the peer has come, the two sides then pair different ends, and each CLOSE hits the next one,
 * for ever. docs/PROTOCOL.md, "Feed channels".
 */
export class ChannelEnds {
  /** Ends that the peer has open of its own accord. */
  remote = 0
  private readonly channelizer: Channelizer
  private readonly sender: Sender
  /** Ids of ends that are closed: hypercore-protocol never uses one again, and a peer takes only so many. */
  private readonly freeIds: number[] = []
  /** Channels that this side closed before the peer's end of them had come, by discovery key: it comes for each. */
  private readonly unpaired = new Map<string, EngineChannel[]>()

  private lastKey: Buffer | null = null
  private lastHex = ''

  constructor(channelizer: Channelizer, sender: Sender) {
    this.channelizer = channelizer
    this.sender = sender
    this.tap()
  }

  /** Whether the next OPEN of the peer belongs to a channel that is closed. */
  awaits(discoveryKey: Buffer): boolean {
    return this.unpaired.size > 0 && this.unpaired.has(this.hexOf(discoveryKey))
  }

  private tap() {
    const { channelizer } = this
    const { attachRemote, detachChannel, onopen, onclose, createChannel } = channelizer
    channelizer.getChannel = (discoveryKey) => channelizer.created.get(this.hexOf(discoveryKey))
    channelizer.createChannel = (discoveryKey) =>
      channelizer.getChannel(discoveryKey) ?? createChannel.call(channelizer, discoveryKey)
    channelizer.allocLocal = () => this.freeIds.pop() ?? channelizer.local.push(null) - 1
    channelizer.attachRemote = (channel, id) => {
      this.remote++
      attachRemote.call(channelizer, channel, id)
    }
    channelizer.detachChannel = (channel) => {
      const { localId, remoteId } = channel
      if (remoteId > -1 && channelizer.remote[remoteId] === channel) this.remote--
      detachChannel.call(channelizer, channel)
      if (localId > -1 && remoteId === -1) this.leave(channel)
      this.free(localId)
    }
    channelizer.onopen = (id, message) => {
      const left = this.take(message.discoveryKey)
      if (left) attachRemote.call(channelizer, left, id)
      else onopen.call(channelizer, id, message)
    }
    channelizer.onclose = (id, message) => {
      const channel = channelizer.remote[id] as EngineChannel
      const { localId, discoveryKey, closed } = channel
      const wasLeft = closed && channelizer.getChannel(discoveryKey) !== channel
      if (!wasLeft) this.remote--
      onclose.call(channelizer, id, message)
      if (!closed) this.free(localId)
      else if (!wasLeft) this.answer(discoveryKey)
    }
  }

  /** A channel is looked for several times before it is opened, each time by the same Buffer. */
  private hexOf(discoveryKey: Buffer): string {
    if (discoveryKey !== this.lastKey) {
      this.lastKey = discoveryKey
      this.lastHex = discoveryKey.toString('hex')
    }
    return this.lastHex
  }

  private free(id: number) {
    if (id > 0 && this.channelizer.local[id] === null) this.freeIds.push(id)
  }

  private leave(channel: EngineChannel) {
    channel.handlers = null
    const hex = channel.discoveryKey.toString('hex')
    this.unpaired.set(hex, [...(this.unpaired.get(hex) ?? []), channel])
  }

  private take(discoveryKey: Buffer): EngineChannel | undefined {
    if (!this.awaits(discoveryKey)) return undefined
    const hex = discoveryKey.toString('hex')
    const [first, ...others] = this.unpaired.get(hex) as EngineChannel[]
    if (others.length > 0) this.unpaired.set(hex, others)
    else this.unpaired.delete(hex)
    return first
  }

  /** The peer closed a channel that this side had not opened: the peer waits for this end of it, which is over at once. */
  private answer(discoveryKey: Buffer) {
    const id = this.channelizer.allocLocal()
    this.sender.open(id, { discoveryKey })
    this.sender.close(id, {})
    this.free(id)
  }
}
