import { Replic8Error } from '../errors.ts'
import type { ByeMessage, ControlMessage, HelloMessage } from '../wire/messages.ts'
import { ControlChannel } from './control-channel.ts'
import { Engine } from './engine.ts'
import { limitGoodbye } from './goodbye.ts'
import { HandshakeGuard } from './handshake-guard.ts'
import { helloOf } from './hello.ts'
import type { LinkHooks } from './link-hooks.ts'
import type { KeyPairSource, ResolvedOptions } from './options.ts'
import { Outbox, RateGuard } from './outbox.ts'
import { RoundTrip } from './round-trip.ts'
import { Timers } from './timers.ts'
import { transportError } from './transport-error.ts'
import { WireStream } from './wire-stream.ts'

/** Milliseconds in which a transport must take something of the last bytes. */
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
  private readonly encryptionKey: Buffer
  private readonly options: ResolvedOptions
  private readonly keyPair: KeyPairSource
  private readonly hooks: LinkHooks
  private readonly guard: HandshakeGuard
  private readonly outbox: Outbox
  private readonly rate: RateGuard
  readonly roundTrip: RoundTrip
  private readonly timers = new Timers()
  private control: ControlChannel | null = null
  /** Holds the peer's bytes back until the handshake is over, or their end until this end is over. */
  private release: (() => void) | null = null
  private error: Error | null = null
  /** The peer holds the key; it gets to know why a session ends. */
  private proved = false
  private leaveWhenOpen = false
  /** Nothing is said after the goodbye, which may still wait its turn. */
  private saidBye = false
  private sentBye = false
  private heardBye = false

  constructor(encryptionKey: Buffer, keyPair: KeyPairSource, options: ResolvedOptions, hooks: LinkHooks) {
    this.encryptionKey = encryptionKey
    this.keyPair = keyPair
    this.options = options
    this.hooks = hooks
    this.outbox = new Outbox(
      (message) => this.deliver(message),
      (error) => this.fail(error, error),
    )
    this.rate = new RateGuard(options.limits.controlPerSecond, options.timeout || 20_000)
    this.roundTrip = new RoundTrip((token) => this.send({ type: 'ping', token }))
    this.wire = new WireStream(options.limits.queuedBytes, options.limits.handshakeBytes, {
      onattach: () => this.start(),
      onbytes: (bytes, done) => this.onbytes(bytes, done),
      onend: (done) => this.onend(done),
      ondestroy: (error) => this.ondestroy(error),
      onrelease: () => this.letGo(),
      onclose: () => this.onclose(),
      ondrain: () => hooks.ondrain(),
    })
    this.guard = new HandshakeGuard(options.initiator, options.limits, {
      send: (bytes) => this.wire.send(bytes),
      onrole: (initiator) => this.createEngine(initiator),
      ondata: (bytes) => this.engine?.receive(bytes),
    })
  }

  /** Names the connection, the same at both ends; null before the handshake is over. */
  get id(): Buffer | null {
    return this.control?.id ?? null
  }

  /** The peer has proved that it holds the key, and the session is not over. */
  get isOpen(): boolean {
    return this.opened && !this.left
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
    if (!this.wire.piped) this.destroy(null)
    else if (!this.opened) this.leaveWhenOpen = true
    else this.sayGoodbye()
  }

  /** Ends with an error; a peer that has proved its key is told `reason`. */
  fail(error: Error, reason?: { code: string; message: string }) {
    if (this.left) return
    if (this.proved && reason && !this.sentBye) {
      const { code, message } = reason
      this.control?.send({ type: 'bye', code, message })
    }
    // The goodbye is the last that is sent.
    if (this.wire.piped) this.wire.finish()
    this.stop(error)
    const destroy = () => this.wire.destroy()
    if (!this.wire.piped) return destroy()
    this.wire.once('end', () => this.wire.drained(destroy))
    this.whenStuck(destroy)
  }

  /** Ends now; what is queued is lost. */
  destroy(error: Error | null) {
    // A transport that fails after both goodbyes takes nothing away.
    if (this.left && this.error === null && error) return this.wire.abandon()
    this.stop(error)
    this.wire.destroy()
  }

  private start() {
    if (this.left) return
    const { handshakeTimeout: ms } = this.options
    this.timers.after(ms, () => {
      if (!this.opened) this.fail(new Replic8Error('ERR_HANDSHAKE_TIMEOUT', `It took more than ${ms} ms.`))
    })
    this.timers.after(Math.min(announceAfter, ms / 4), () => this.guard.announce())
    this.guard.start()
  }

  private createEngine(initiator: boolean) {
    this.engine = new Engine(initiator, this.keyPair, this.options, {
      send: (bytes) => {
        this.guard.sent(bytes)
        this.wire.send(bytes)
        return this.writable
      },
      onhandshake: () => this.onhandshake(),
      onfail: (error) => this.fail(error, error),
    })
  }

  private onhandshake() {
    const engine = this.engine as Engine
    this.control = new ControlChannel(engine, this.encryptionKey, this.options.limits, {
      onproof: () => this.onproof(),
      onmessage: (message) => this.onmessage(message),
      onfail: (error) => this.fail(error, error),
    })
    this.wire.seal = engine.takeEncryption()
    this.wire.patience = Number.POSITIVE_INFINITY
    this.guard.release()
    this.letGo()
  }

  /** The peer holds the key: only now it may see anything of this end. */
  private onproof() {
    if (this.left) return
    this.proved = true
    const { fingerprint } = this.control as ControlChannel
    this.hooks.onproof(fingerprint, (remembers) => this.outbox.send(helloOf(this.options, remembers)))
  }

  private deliver(message: ControlMessage) {
    this.control?.send(message)
    if (message.type !== 'bye') return
    this.wire.sealAll()
    this.sentBye = true
    if (this.heardBye) this.finish()
  }

  private onbytes(bytes: Buffer, done: () => void) {
    if (this.left) return done()
    try {
      this.guard.receive(bytes)
    } catch (error) {
      this.fail(error as Error)
    }
    if (this.guard.passed && !this.control && !this.left) this.release = done
    else done()
  }

  private letGo() {
    const { release } = this
    this.release = null
    release?.()
  }

  private onmessage(message: ControlMessage) {
    if (this.left) return
    const error = this.objection(message)
    if (error) return this.fail(error, error)
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

  /** What is wrong with a message that comes now. */
  private objection({ type }: ControlMessage): Replic8Error | null {
    if (!this.rate.admit())
      return new Replic8Error('ERR_TOO_MANY_MESSAGES', `The limit is ${this.rate.perSecond}.`)
    if (!this.heardBye && (this.opened || type === 'hello')) return null
    return new Replic8Error('ERR_PROTOCOL', `A message came out of order: ${type}.`)
  }

  private onhello(hello: HelloMessage) {
    this.opened = true
    this.outbox.limit(hello.limits.controlPerSecond)
    this.hooks.onopen(hello)
    // A handler of 'open' may have ended it; an interval would outlive the session.
    if (this.left) return
    this.roundTrip.start()
    if (this.leaveWhenOpen) this.sayGoodbye()
  }

  private onbye({ code, message }: ByeMessage) {
    this.heardBye = true
    if (code !== '') {
      this.destroy(new Replic8Error('ERR_PEER_REFUSED', message || code, { reason: { code, message } }))
    } else if (this.sentBye) this.finish()
    else this.sayGoodbye()
  }

  private sayGoodbye() {
    if (!this.saidBye) this.hooks.onbye()
    if (this.saidBye || this.left) return
    this.saidBye = true
    this.outbox.send({ type: 'bye', code: '', message: '' })
    if (this.left) return
    const unsent = () => this.outbox.length + this.wire.queuedBytes
    limitGoodbye(this.timers, this.options.timeout, unsent, (error) => this.fail(error, error))
  }

  /** Both sides have said goodbye: nothing more will come, and nothing more is sent. */
  private finish() {
    this.wire.finish()
    this.stop(null)
    this.whenStuck(() => {
      this.wire.abandon()
      this.timers.after(linger, () => this.wire.destroy())
    })
    // A pipe made by hand ends well when the transport says its end too; it can, as the peer does the same.
    if (!this.wire.pipedByHand) this.wire.once('end', () => this.wire.end())
  }

  /** The peer's side of the transport has ended. A stream that fails is never said to have finished. */
  private onend(done: () => void) {
    if (!this.left) this.fail(new Replic8Error('ERR_TRUNCATED'))
    if (this.error === null || this.wire.destroying) done()
    else this.release = done
  }

  /** The session ends with what it began to end with, whoever destroys the stream. */
  private ondestroy(error: Error | null): Error | null {
    this.stop(transportError(error))
    return this.error
  }

  private onclose() {
    this.stop(transportError())
    this.timers.clear()
    this.engine?.destroy()
    this.hooks.onclose()
  }

  /** From here on nothing is taken or sent. */
  private stop(error: Error | null) {
    if (this.left) return
    this.left = true
    this.error = error
    this.outbox.stop()
    this.roundTrip.stop(error)
    this.timers.clear()
    this.letGo()
    this.hooks.onleave(error)
  }

  /** Runs a task when the transport takes nothing of what is queued, or takes it too slowly. */
  private whenStuck(task: () => void) {
    const rounds = (this.options.timeout || 20_000) / linger
    this.timers.whenStuck(() => this.wire.queuedBytes, linger, rounds, task)
  }
}
