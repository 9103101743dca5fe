import Protocol from 'hypercore-protocol'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import type { Exporter } from './keys.ts'
import type { KeyPair, ResolvedOptions } from './options.ts'

/** What travels on a channel, as hypercore-protocol 8 names it. */
export interface DataMessage {
  index: number
  value: Buffer | null
  nodes: unknown[]
  signature: Buffer | null
}

/** What hypercore-protocol calls when a message of the peer arrives on a channel. */
export interface ChannelHandlers {
  onopen?(): void
  onclose?(): void
  onoptions?(message: unknown): void
  onstatus?(message: unknown): void
  onhave?(message: unknown): void
  onunhave?(message: unknown): void
  onwant?(message: unknown): void
  onunwant?(message: unknown): void
  onrequest?(message: unknown): void
  oncancel?(message: unknown): void
  ondata?(message: DataMessage): void
  onextension?(id: number, message: Buffer): void
}

/** A channel of hypercore-protocol 8. */
export interface EngineChannel {
  readonly key: Buffer | null
  readonly discoveryKey: Buffer
  readonly localId: number
  readonly remoteId: number
  handlers: ChannelHandlers | null
  readonly opened: boolean
  readonly closed: boolean
  readonly remoteOpened: boolean
  readonly remoteVerified: boolean
  options(message: unknown): void
  status(message: unknown): void
  have(message: unknown): void
  unhave(message: unknown): void
  want(message: unknown): void
  unwant(message: unknown): void
  request(message: unknown): void
  cancel(message: unknown): void
  data(message: DataMessage): void
  extension(id: number, message: Buffer): void
  close(): void
}

export interface EngineHandlers {
  /** Bytes for the peer. */
  send(bytes: Buffer): void
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
  private controlChannel: Buffer | null = null
  private shaken = false
  private failed = false
  /** OPENs, closes and messages that were ignored because nothing allowed them. */
  ignored = 0

  constructor(initiator: boolean, keyPair: KeyPair, options: ResolvedOptions, handlers: EngineHandlers) {
    this.initiator = initiator
    this.handlers = handlers
    this.channels = options.limits.channels
    this.stream = new Protocol(initiator, {
      live: true,
      timeout: options.timeout,
      keyPair,
      ...(options.onauthenticate ? { onauthenticate: options.onauthenticate } : {}),
      onhandshake: () => {
        this.shaken = true
        handlers.onhandshake()
      },
    })
    this.stream.setMaxListeners(0)
    this.stream.on('error', () => {})
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

  /** Opens the control channel and lets the peer do nothing else until it has opened the same. */
  openControl(key: Buffer, discoveryKey: Buffer, handlers: ChannelHandlers): EngineChannel {
    this.controlChannel = discoveryKey
    return this.stream.open(key, handlers)
  }

  open(key: Buffer, handlers: ChannelHandlers): EngineChannel {
    return this.stream.open(key, handlers)
  }

  opened(key: Buffer): boolean {
    return this.stream.opened(key)
  }

  remoteOpened(key: Buffer): boolean {
    return this.stream.remoteOpened(key)
  }

  remoteVerified(key: Buffer): boolean {
    return this.stream.remoteVerified(key)
  }

  /** Closes every channel, and all timers. */
  destroy() {
    this.failed = true
    this.stream.destroy()
    // The stream's own clean-up waits for a stream that was opened, and this one never is.
    this.stream._predestroy()
    this.stream.channelizer.destroy()
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
      this.handlers.send(bytes)
    }
    const destroy = this.stream.destroy.bind(this.stream)
    this.stream.destroy = (error?: Error) => {
      if (error) this.fail(engineError(error, this.shaken))
      destroy()
    }
    const { onopen, onclose, onoptions, onextension } = channelizer
    channelizer.onopen = (id: number, message: { discoveryKey: Buffer }) => {
      if (this.admit(id, message.discoveryKey)) onopen.call(channelizer, id, message)
    }
    channelizer.onclose = (id: number, message: { discoveryKey?: Buffer }) => {
      // A close by name can come late and hit a channel that was opened again: closes go by number here.
      if (channelizer.remote[id]) onclose.call(channelizer, id, message)
      else this.ignored++
    }
    // Channel 0 is the stream itself, which anybody can write to before any key was proved.
    channelizer.onoptions = (id: number, message: unknown) => {
      if (id > 0) onoptions.call(channelizer, id, message)
      else this.ignored++
    }
    channelizer.onextension = (id: number, extension: number, message: Buffer) => {
      if (id > 0) onextension.call(channelizer, id, extension, message)
      else this.ignored++
    }
  }

  /** Whether the peer may open this channel. */
  private admit(id: number, discoveryKey: Buffer): boolean {
    if (this.failed) return false
    const { channelizer } = this.stream
    const control = this.controlChannel
    if (control && !this.stream.channelizer.getChannel(control)?.remoteOpened) {
      if (discoveryKey?.equals(control)) return true
      this.fail(new Replic8Error('ERR_KEY_MISMATCH'))
      return false
    }
    if (channelizer.created.size > this.channels || id > this.channels + 64) {
      this.fail(new Replic8Error('ERR_TOO_MANY_CHANNELS', `The limit is ${this.channels}.`))
      return false
    }
    if (
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

/** A fresh static Noise key pair. */
export function noiseKeyPair(): KeyPair {
  return Protocol.keyPair()
}

function engineError(error: Error, shaken: boolean): Replic8Error {
  if (error instanceof Replic8Error) return error
  if (error.message === 'ETIMEDOUT')
    return new Replic8Error('ERR_TIMEOUT', 'The peer was silent for too long.')
  if (!shaken) return new Replic8Error('ERR_HANDSHAKE', undefined, { cause: error })
  if (/capability/.test(error.message))
    return new Replic8Error('ERR_KEY_MISMATCH', undefined, { cause: error })
  return toReplic8Error(error, 'ERR_PROTOCOL')
}
