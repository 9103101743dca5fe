import { Replic8Error } from '../errors.ts'
import type { ByeMessage, ControlMessage, HelloMessage } from '../wire/messages.ts'
import { protocolVersion } from '../wire/messages.ts'
import { ControlChannel } from './control-channel.ts'
import { Engine } from './engine.ts'
import { HandshakeGuard } from './handshake-guard.ts'
import type { KeyPair, ResolvedOptions } from './options.ts'
import { Outbox, RateGuard } from './outbox.ts'
import { RoundTrip } from './round-trip.ts'
import { WireStream } from './wire-stream.ts'

export interface LinkHooks {
  /** The peer proved that it holds the key. */
  onopen(hello: HelloMessage): void
  /** A control message, authenticated and in order. */
  onmessage(message: ControlMessage): void
  /** No message will be taken or sent any more; the last bytes may still be on their way. */
  onleave(error: Error | null): void
  /** The stream is closed. */
  onclose(): void
  /** The transport takes bytes again. */
  ondrain(): void
}

/** Milliseconds that the last bytes of a failed session may take. */
const linger = 1000
/** Milliseconds after which an end that waits for the peer to begin says so. */
const announceAfter = 1000

/**
 * The connection to one peer, from bytes to control messages: role settlement, the handshake behind its guard, the
 * control channel, and the ways in which it ends.
 */
export class Link {
  readonly wire: WireStream
  engine: Engine | null = null
  opened = false
  /** Nothing is taken or sent any more. */
  left = false
  attached = false
  private readonly encryptionKey: Buffer
  private readonly options: ResolvedOptions
  private readonly keyPair: KeyPair
  private readonly hooks: LinkHooks
  private readonly guard: HandshakeGuard
  private readonly outbox: Outbox
  private readonly rate: RateGuard
  private readonly roundTrip: RoundTrip
  private readonly timers = new Set<ReturnType<typeof setTimeout>>()
  private control: ControlChannel | null = null
  /** Called when the handshake is over: until then nothing is taken beyond it. */
  private resume: (() => void) | null = null
  private leaveWhenOpen = false
  private saidBye = false
  private heardBye = false

  constructor(encryptionKey: Buffer, keyPair: KeyPair, options: ResolvedOptions, hooks: LinkHooks) {
    this.encryptionKey = encryptionKey
    this.keyPair = keyPair
    this.options = options
    this.hooks = hooks
    this.outbox = new Outbox((message) => this.control?.send(message))
    this.rate = new RateGuard(options.limits.controlPerSecond, options.timeout || 20_000)
    this.roundTrip = new RoundTrip((token) => this.send({ type: 'ping', token }))
    this.wire = new WireStream(options.limits.queuedBytes, {
      onattach: () => this.start(),
      onbytes: (bytes, done) => this.onbytes(bytes, done),
      onend: () => this.onend(),
      onclose: () => this.onclose(),
      ondrain: () => hooks.ondrain(),
    })
    this.guard = new HandshakeGuard(options.initiator, options.limits, {
      send: (bytes) => this.wire.send(bytes),
      onrole: (initiator) => this.createEngine(initiator),
      ondata: (bytes) => this.engine?.receive(bytes),
    })
  }

  /** Milliseconds of the last measured round trip; null before one. */
  get roundTripMs(): number | null {
    return this.roundTrip.ms
  }

  /** False while the transport takes less than it is given. */
  get writable(): boolean {
    return this.wire.queuedBytes <= this.options.limits.queuedBytes
  }

  send(message: ControlMessage) {
    if (!this.left && !this.saidBye) this.outbox.send(message)
  }

  /** Ends with a goodbye both ways; before the handshake is over, as soon as it is. */
  leave() {
    if (this.left || this.saidBye) return
    if (!this.attached) {
      this.stop(null)
      this.wire.destroy()
    } else if (!this.opened) this.leaveWhenOpen = true
    else this.sayGoodbye()
  }

  /** Ends with an error; a peer that has proved its key is told `reason`. */
  fail(error: Error, reason?: { code: string; message: string }) {
    if (this.left) return
    if (this.opened && reason) {
      this.outbox.flush()
      this.control?.send({ type: 'bye', ...reason })
    }
    this.stop(error)
    if (!this.attached) {
      this.wire.destroy(error)
      return
    }
    const destroy = () => this.wire.destroy(error)
    this.wire.once('end', () => this.wire.drained(destroy))
    this.after(linger, destroy)
    this.wire.finish()
  }

  /** Ends now; what is queued is lost. */
  destroy(error: Error | null) {
    this.stop(error)
    this.wire.destroy(error)
  }

  private start() {
    if (this.left) return
    this.attached = true
    const { handshakeTimeout } = this.options
    this.after(handshakeTimeout, () => {
      if (!this.opened)
        this.fail(new Replic8Error('ERR_HANDSHAKE_TIMEOUT', `It took more than ${handshakeTimeout} ms.`))
    })
    this.after(Math.min(announceAfter, handshakeTimeout / 4), () => this.guard.announce())
    this.guard.start()
  }

  private createEngine(initiator: boolean) {
    this.engine = new Engine(initiator, this.keyPair, this.options, {
      send: (bytes) => {
        this.guard.sent(bytes)
        this.wire.send(bytes)
      },
      onhandshake: () => this.onhandshake(),
      onfail: (error) => this.fail(error, error),
    })
  }

  private onhandshake() {
    const engine = this.engine as Engine
    this.control = new ControlChannel(engine, this.encryptionKey, this.options.limits, {
      onmessage: (message) => this.onmessage(message),
      onfail: (error) => this.fail(error, error),
    })
    const { live, limits, userData } = this.options
    const { feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond } = limits
    this.outbox.send({
      type: 'hello',
      version: protocolVersion,
      live,
      limits: { feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond },
      userData,
    })
    const { resume } = this
    this.resume = null
    resume?.()
  }

  private onbytes(bytes: Buffer, done: () => void) {
    if (this.left) return done()
    try {
      this.guard.receive(bytes)
    } catch (error) {
      this.fail(error as Error)
    }
    if (this.guard.passed && !this.control && !this.left) this.resume = done
    else done()
  }

  private onmessage(message: ControlMessage) {
    if (this.left) return
    if (!this.rate.admit()) {
      const error = new Replic8Error(
        'ERR_TOO_MANY_MESSAGES',
        `The limit is ${this.options.limits.controlPerSecond}.`,
      )
      return this.fail(error, error)
    }
    switch (message.type) {
      case 'ping':
        return this.send({ type: 'pong', token: message.token })
      case 'pong':
        return this.roundTrip.onpong(message.token)
      case 'bye':
        return this.onbye(message)
      default:
        if (message.type === 'hello' && !this.opened) this.onhello(message)
        else this.hooks.onmessage(message)
    }
  }

  private onhello(hello: HelloMessage) {
    this.opened = true
    this.outbox.limit(hello.limits.controlPerSecond)
    this.hooks.onopen(hello)
    this.roundTrip.start()
    if (this.leaveWhenOpen) this.sayGoodbye()
  }

  private onbye({ code, message }: ByeMessage) {
    this.heardBye = true
    if (code !== '') {
      this.destroy(new Replic8Error('ERR_PEER_REFUSED', message || code, { reason: { code, message } }))
    } else if (this.saidBye) this.finish()
    else this.sayGoodbye()
  }

  private sayGoodbye() {
    this.saidBye = true
    this.outbox.flush()
    this.control?.send({ type: 'bye', code: '', message: '' })
    if (this.heardBye) this.finish()
  }

  /** Both sides have said goodbye: nothing more will come, and nothing more is sent. */
  private finish() {
    this.stop(null)
    this.wire.finish()
    this.wire.end()
  }

  /** The peer's side of the transport has ended. */
  private onend() {
    if (!this.left) this.fail(new Replic8Error('ERR_TRUNCATED'))
  }

  private onclose() {
    this.stop(new Replic8Error('ERR_TRUNCATED'))
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.resume?.()
    this.engine?.destroy()
    this.hooks.onclose()
  }

  /** From here on nothing is taken or sent. */
  private stop(error: Error | null) {
    if (this.left) return
    this.left = true
    this.outbox.stop()
    this.roundTrip.stop()
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.hooks.onleave(error)
  }

  private after(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      task()
    }, ms)
    this.timers.add(timer)
  }
}
