import { Replic8Error } from '../errors.ts'
import { randomBytes } from './keys.ts'

/**
 * Stands in front of the Noise handshake: settles which end starts it, and lets through only frames that are whole and
 * within limits, because hypercore-protocol buffers any length and throws on some. docs/PROTOCOL.md, "Role settlement".
 */

const magic = Buffer.from([0x00, 0x72, 0x38, 0x01])
const nonceBytes = 16
const roleFrameBytes = magic.length + 1 + nonceBytes
const role = { unsettled: 0, responder: 1 } as const
/** Bytes of the first message of Noise XX as hypercore-protocol 8 sends it: an ephemeral key and a nonce in protobuf. */
const firstMessageBytes = 58

export interface GuardLimits {
  handshakeFrameBytes: number
  handshakeBytes: number
}

export interface GuardHandlers {
  /** Bytes for the peer that come before the handshake. */
  send(bytes: Buffer): void
  /** The roles are settled: the handshake can begin. Called once, maybe at once. */
  onrole(initiator: boolean): void
  /** A whole handshake frame with its length, or, after `release`, whatever comes. */
  ondata(bytes: Buffer): void
}

export class HandshakeGuard {
  /** True when all handshake frames of the peer have passed; what follows them waits for `release`. */
  passed = false
  private released = false
  private readonly handlers: GuardHandlers
  private readonly limits: GuardLimits
  private readonly nonce = randomBytes(nonceBytes)
  private initiator: boolean | undefined
  private settled: boolean
  private answered = false
  private roleFrames = 0
  private frames = 0
  private received = 0
  private buffer: Buffer = Buffer.alloc(0)
  private own: Buffer | null = null

  constructor(initiator: boolean | undefined, limits: GuardLimits, handlers: GuardHandlers) {
    this.handlers = handlers
    this.limits = limits
    this.initiator = initiator
    this.settled = initiator !== undefined
  }

  start() {
    if (this.initiator === undefined) this.handlers.send(this.roleFrame(role.unsettled))
    else this.handlers.onrole(this.initiator)
  }

  /** Tells a silent peer that this end waits for it: two ends that wait find out this way. */
  announce() {
    if (this.initiator === false && this.received === 0) this.answer()
  }

  /** Lets the guard see the handshake frames of this end, to know a reflected one. */
  sent(frame: Buffer) {
    this.own ??= Buffer.from(frame)
  }

  /** Errors: ERR_HANDSHAKE, ERR_ROLE_CONFLICT. */
  receive(bytes: Buffer) {
    if (this.released) return this.handlers.ondata(bytes)
    this.received += bytes.length
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes])
    while (this.buffer.length > 0 && !this.passed && this.readRole()) {}
    while (this.buffer.length > 0 && !this.passed && this.readFrame()) {}
    if (!this.passed && this.received > this.limits.handshakeBytes) {
      throw new Replic8Error(
        'ERR_HANDSHAKE',
        `The handshake is longer than ${this.limits.handshakeBytes} bytes.`,
      )
    }
  }

  /** The handshake is over at this end: passes on what came after it, and from now on everything as it comes. */
  release() {
    const rest = this.buffer
    this.released = true
    this.buffer = Buffer.alloc(0)
    if (rest.length > 0) this.handlers.ondata(rest)
  }

  /** Reads one role frame; false when there is none, or not all of it yet. */
  private readRole(): boolean {
    if (this.frames > 0) return false
    if (this.buffer[0] !== 0) {
      if (!this.settled) this.settle(false)
      return false
    }
    const seen = Math.min(this.buffer.length, magic.length)
    if (!this.buffer.subarray(0, seen).equals(magic.subarray(0, seen)) || this.roleFrames > 0) {
      throw new Replic8Error('ERR_HANDSHAKE')
    }
    if (this.buffer.length < roleFrameBytes) return false
    const theirs = this.buffer[magic.length] as number
    const nonce = this.buffer.subarray(magic.length + 1, roleFrameBytes)
    this.buffer = this.buffer.subarray(roleFrameBytes)
    this.roleFrames++
    this.onrole(theirs, nonce)
    return true
  }

  private onrole(theirs: number, nonce: Buffer) {
    if (nonce.equals(this.nonce))
      throw new Replic8Error('ERR_HANDSHAKE', 'The connection leads back to this end.')
    if (theirs !== role.unsettled && theirs !== role.responder) throw new Replic8Error('ERR_HANDSHAKE')
    if (!this.settled) return this.settle(theirs === role.responder || Buffer.compare(this.nonce, nonce) > 0)
    if (this.initiator) return
    // The answer tells the peer too, who may not have said a word yet.
    this.answer()
    if (theirs === role.responder)
      throw new Replic8Error('ERR_ROLE_CONFLICT', 'Both ends wait for the other to begin.')
  }

  private settle(initiator: boolean) {
    this.initiator = initiator
    this.settled = true
    this.handlers.onrole(initiator)
  }

  private answer() {
    if (this.answered) return
    this.answered = true
    this.handlers.send(this.roleFrame(role.responder))
  }

  private roleFrame(mine: number): Buffer {
    return Buffer.concat([magic, Buffer.from([mine]), this.nonce])
  }

  /** Passes on one handshake frame; false when it is not whole yet. An initiator gets one of them, a responder two. */
  private readFrame(): boolean {
    if (!this.settled || this.buffer[0] === 0) {
      if (this.frames > 0) throw new Replic8Error('ERR_HANDSHAKE')
      return false
    }
    const header = readLength(this.buffer)
    if (!header) return false
    const { length, size } = header
    if (length === 0 || length > this.limits.handshakeFrameBytes) {
      throw new Replic8Error('ERR_HANDSHAKE', `A handshake frame of ${length} bytes is not within limits.`)
    }
    if (this.buffer.length < size + length) return false
    const frame = this.buffer.subarray(0, size + length)
    if (this.initiator && length === firstMessageBytes) throw this.conflict(frame)
    this.buffer = this.buffer.subarray(size + length)
    this.frames++
    this.passed = this.frames === (this.initiator ? 1 : 2)
    this.handlers.ondata(frame)
    return true
  }

  /** The peer began too. When it is our own frame that came back, the connection is reflected. */
  private conflict(frame: Buffer): Replic8Error {
    return this.own?.equals(frame)
      ? new Replic8Error('ERR_HANDSHAKE', 'The connection leads back to this end.')
      : new Replic8Error('ERR_ROLE_CONFLICT', 'Both ends began the handshake.')
  }
}

/** The varint at the start of a frame, of four bytes at most; undefined when it is not whole yet. */
function readLength(bytes: Buffer): { length: number; size: number } | undefined {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[i]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { length, size: i + 1 }
  }
  throw new Replic8Error('ERR_HANDSHAKE', 'A handshake frame has no sensible length.')
}
