import { discoveryKey } from 'hypercore-crypto'
import Protocol from 'hypercore-protocol'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { AnswerGate } from './answer-gate.ts'
import { AnswerLimit } from './answer-limit.ts'
import { authenticator } from './authenticator.ts'
import { ChannelEnds } from './channel-ends.ts'
import { type ChannelHandlers, type EngineChannel, messageHandlers } from './engine-channel.ts'
import { engineError } from './engine-error.ts'
import { HeldRequests } from './held-requests.ts'
import type { Exporter } from './keys.ts'
import type { KeyPair, KeyPairSource, ResolvedOptions } from './options.ts'
import { RequestBudget } from './request-window.ts'

/** Bytes of the largest message that a peer may send before it has proved the key: its OPEN has fewer than 100. */
const unprovedBytes = 1024
/** Bytes of the largest message that hypercore-protocol takes at all. */
export const largestMessage = 8 * 1024 * 1024

export interface EngineHandlers {
  /** Bytes for the peer. False while the transport takes less than it is given. */
  send(bytes: Buffer): boolean
  /** The Noise handshake is over: `exporter` works, and channels can be opened. */
  onhandshake(): void
  /** The engine cannot go on. */
  onfail(error: Replic8Error): void
}

/**
 * hypercore-protocol 8 without its stream: bytes in, bytes out, and a watch on what the peer may do.
 * Until the control channel is verified the peer can open no other channel.
 */
export class Engine implements Exporter {
  readonly initiator: boolean
  private readonly stream: InstanceType<typeof Protocol>
  private readonly handlers: EngineHandlers
  private readonly channels: number
  private readonly destroyState: () => void
  private controlChannel: Buffer | null = null
  private shaken = false
  private proved = false
  private failed = false
  /** The key that was asked for last. */
  private askedKey: Buffer | null = null
  private askedDiscoveryKey!: Buffer
  private readonly answerLimit: AnswerLimit
  private readonly heldRequests = new HeldRequests()
  private readonly ends: ChannelEnds
  /** Requests for blocks pass here. */
  readonly answers = new AnswerGate()
  /** What own requests share. */
  readonly requests = new RequestBudget()
  /** OPENs, closes and messages that were ignored because nothing allowed them. */
  ignored = 0

  constructor(
    initiator: boolean,
    keyPair: KeyPairSource,
    options: ResolvedOptions,
    handlers: EngineHandlers,
  ) {
    this.initiator = initiator
    this.handlers = handlers
    this.channels = options.limits.channels
    this.answerLimit = new AnswerLimit(options.limits.queuedBytes, (error) => this.fail(error))
    this.stream = new Protocol(initiator, {
      live: true,
      timeout: options.timeout,
      keyPair: typeof keyPair === 'function' ? withCallback(keyPair) : keyPair,
      ...(options.onauthenticate
        ? { onauthenticate: authenticator(options.onauthenticate, (error) => this.fail(error)) }
        : {}),
      onhandshake: () => {
        this.shaken = true
        handlers.onhandshake()
      },
    })
    this.stream.setMaxListeners(0)
    this.stream.on('error', () => {})
    this.stream.state._messages._maxSize = unprovedBytes
    this.destroyState = this.stream.state.destroy.bind(this.stream.state)
    this.ends = new ChannelEnds(this.stream.channelizer, this.stream.state)
    this.tap()
  }

  get publicKey(): Buffer | null {
    return this.stream.publicKey
  }

  get remotePublicKey(): Buffer | null {
    return this.stream.remotePublicKey
  }

  /** Milliseconds after which a request for a block is given up; null: never. */
  get timeout(): { ms: number } | null {
    return this.stream.timeout
  }

  local(label: Buffer): Buffer {
    return this.stream.state.capability(label)
  }

  remote(label: Buffer): Buffer {
    return this.stream.state.remoteCapability(label)
  }

  receive(bytes: Buffer) {
    if (this.failed) return
    this.stream.timeout?.refresh()
    try {
      this.stream.state.recv(bytes)
    } catch (error) {
      this.fail(toReplic8Error(error, this.shaken ? 'ERR_PROTOCOL' : 'ERR_HANDSHAKE'))
    }
  }

  /** Opens the control channel and lets the peer do nothing else until it has opened the same; then calls `onopen`. */
  openControl(key: Buffer, discoveryKey: Buffer, handlers: ChannelHandlers): EngineChannel {
    this.controlChannel = discoveryKey
    const proving = {
      ...handlers,
      onopen: () => {
        this.proved = true
        this.stream.state._messages._maxSize = largestMessage
        // Nor has the peer to prove that it knows the key of a feed.
        this.stream.channelizer.noise = false
        handlers.onopen?.()
      },
    }
    return this.openAs(key, discoveryKey, proving, key)
  }

  /** Opens the channel of a feed that was agreed on: one end has told the other its key, so neither has to prove that it knows it. */
  open(key: Buffer, handlers: ChannelHandlers): EngineChannel {
    return this.openAs(key, this.discoveryKeyOf(key), handlers)
  }

  /**
   * As hypercore-protocol's `open`, which would hash the key once more.
   * @param secret what the OPEN proves to know; default: nothing
   */
  private openAs(
    key: Buffer,
    discoveryKey: Buffer,
    handlers: ChannelHandlers,
    secret: Buffer | null = null,
  ): EngineChannel {
    const { channelizer, state } = this.stream
    const channel = channelizer.createChannel(discoveryKey)
    if (channel.key === null) {
      channel.key = key
      channelizer.attachLocal(channel)
      state.open(channel.localId, { key: secret, discoveryKey })
    }
    channel.handlers = handlers
    this.heldRequests.release(channel, handlers)
    return channel
  }

  opened(key: Buffer): boolean {
    return this.channel(key)?.opened ?? false
  }

  remoteOpened(key: Buffer): boolean {
    return this.channel(key)?.remoteOpened ?? false
  }

  /** From here on what is sent is not encrypted yet: gives the function that does so in place, in the order of sending. */
  takeEncryption(): (bytes: Buffer) => void {
    const { _encryption } = this.stream.state
    const encrypt = _encryption.encrypt.bind(_encryption)
    _encryption.encrypt = (bytes: Buffer) => bytes
    return encrypt
  }

  /** Closes every channel, and all timers. */
  destroy() {
    this.failed = true
    this.answers.stop()
    // The stream's own clean-up waits for a stream that was opened, and this one never is.
    this.stream._predestroy()
    this.stream.channelizer.destroy()
    this.destroyState()
  }

  /** hypercore asks several times for a channel before it opens it, and each time it would be hashed to find it. */
  private channel(key: Buffer): EngineChannel | undefined {
    return this.stream.channelizer.getChannel(this.discoveryKeyOf(key))
  }

  private discoveryKeyOf(key: Buffer): Buffer {
    if (this.askedKey !== key) {
      this.askedKey = key
      this.askedDiscoveryKey = discoveryKey(key)
    }
    return this.askedDiscoveryKey
  }

  private fail(error: Replic8Error) {
    if (this.failed) return
    this.failed = true
    this.handlers.onfail(error)
  }

  /** Puts this engine between hypercore-protocol's state machine and its channels. */
  private tap() {
    const { channelizer } = this.stream
    channelizer.send = (bytes: Buffer) => {
      this.stream.keepAlive?.refresh()
      this.answerLimit.sent(bytes.length, this.handlers.send(bytes))
    }
    // Nothing is destroyed before the peer has been told: that still has to be encrypted.
    const fail = (error?: Error) => {
      if (error) this.fail(engineError(error, this.shaken))
    }
    this.stream.destroy = fail
    this.stream.state.destroy = fail
    const { onopen, onclose } = channelizer
    channelizer.onopen = (id: number, message: { discoveryKey: Buffer }) => {
      if (this.admit(id, message.discoveryKey))
        this.answerLimit.during(() => onopen.call(channelizer, id, message))
    }
    channelizer.onclose = (id: number, message: { discoveryKey?: Buffer }) => {
      if (!this.admitMessage(id)) return
      // A close by name can come late and hit a channel that was opened again: closes go by number here.
      if (!channelizer.remote[id]) {
        this.ignored++
        return
      }
      this.heldRequests.forget(channelizer.remote[id])
      this.answerLimit.during(() => onclose.call(channelizer, id, message))
    }
    for (const name of messageHandlers) {
      const handler = channelizer[name]
      channelizer[name] = (id: number, message: unknown, more: unknown) => {
        if (!this.admitMessage(id)) return
        const channel = name === 'onrequest' ? channelizer.remote[id] : null
        if (name === 'onwant') this.answerLimit.during(() => handler.call(channelizer, id, message, more))
        else if (!channel?.closed) handler.call(channelizer, id, message, more)
        else if (!this.heldRequests.add(channel, message)) this.ignored++
      }
    }
  }

  /** Whether a message is for a channel; channel 0 is the stream itself, which anybody can write to. */
  private admitMessage(id: number): boolean {
    if (this.failed) return false
    if (!this.proved) this.fail(new Replic8Error('ERR_KEY_MISMATCH'))
    else if (id === 0) this.ignored++
    else return true
    return false
  }

  /** Whether the peer may open this channel. */
  private admit(id: number, discoveryKey: Buffer): boolean {
    if (this.failed) return false
    const { channelizer } = this.stream
    if (!this.proved && !(this.controlChannel && discoveryKey?.equals(this.controlChannel))) {
      this.fail(new Replic8Error('ERR_KEY_MISMATCH'))
      return false
    }
    // The control channel is one of its own. What belongs to a closed channel is closed in a moment.
    const isFull = this.ends.remote > this.channels && !this.ends.awaits(discoveryKey)
    if (isFull || id > this.channels + 64) {
      this.fail(new Replic8Error('ERR_TOO_MANY_CHANNELS', `The limit is ${this.channels}.`))
      return false
    }
    if (
      id === 0 ||
      discoveryKey?.length !== 32 ||
      channelizer.remote[id] ||
      channelizer.getChannel(discoveryKey)?.remoteOpened
    ) {
      this.fail(new Replic8Error('ERR_PROTOCOL', 'A channel was opened twice.'))
      return false
    }
    return true
  }
}

/** hypercore-protocol buffers the handshake until the key pair is there. */
function withCallback(keyPair: () => Promise<KeyPair>) {
  return (done: (error: Error | null, keyPair?: KeyPair) => void) => {
    keyPair().then((pair) => done(null, pair), done)
  }
}

/** A fresh static Noise key pair. */
export function noiseKeyPair(): KeyPair {
  return Protocol.keyPair()
}
