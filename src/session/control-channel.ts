import { discoveryKey } from 'hypercore-crypto'
import { equalBytes } from '../bytes.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { decodeMessage, encodeMessage } from '../wire/codec.ts'
import type { ControlMessage } from '../wire/messages.ts'
import type { Engine } from './engine.ts'
import type { EngineChannel } from './engine-channel.ts'
import { type ControlKeys, controlKeys, fingerprintsWith, macBytes, messageCode } from './keys.ts'
import type { SessionLimits } from './options.ts'

export interface ControlHandlers {
  /** The peer opened the same channel: it holds the encryption key. */
  onproof(): void
  onmessage(message: ControlMessage): void
  onfail(error: Replic8Error): void
}

/**
 * Carries control messages: in order, each with a code that only the two ends of this connection can make, and each
 * numbered, so that one that was changed, dropped, repeated or moved is noticed.
 */
export class ControlChannel {
  private readonly keys: ControlKeys
  private readonly channel: EngineChannel
  private readonly limits: SessionLimits
  private readonly handlers: ControlHandlers
  private sent = 0
  private received = 0

  constructor(engine: Engine, encryptionKey: Buffer, limits: SessionLimits, handlers: ControlHandlers) {
    this.limits = limits
    this.handlers = handlers
    this.keys = controlKeys(encryptionKey, engine)
    const key = this.keys.channel
    // No honest end sends anything else here: a message that changed its type on the way must not just vanish.
    const onother = () => handlers.onfail(new Replic8Error('ERR_TAMPERED'))
    this.channel = engine.openControl(key, discoveryKey(key), {
      onopen: () => handlers.onproof(),
      onextension: (id, message) => this.onextension(id, message),
      onoptions: onother,
      onstatus: onother,
      onhave: onother,
      onunhave: onother,
      onwant: onother,
      onunwant: onother,
      onrequest: onother,
      oncancel: onother,
      ondata: onother,
      onclose: () =>
        handlers.onfail(new Replic8Error('ERR_PROTOCOL', 'The peer closed the control channel.')),
    })
  }

  /** The same at both ends, different for each connection. */
  get id(): Buffer {
    return this.keys.id
  }

  /** The keyed hash of this connection, of 16 bytes: the same at both ends. */
  get fingerprint(): (bytes: Uint8Array, out: Uint8Array) => void {
    return fingerprintsWith(this.keys.fingerprints)
  }

  send(message: ControlMessage) {
    if (this.channel.closed) return
    const bytes = encodeMessage(message)
    this.channel.extension(0, Buffer.concat([bytes, messageCode(this.keys.send, this.sent++, bytes)]))
  }

  private onextension(id: number, signed: Buffer) {
    try {
      if (id !== 0 || signed.length <= macBytes) throw new Replic8Error('ERR_TAMPERED')
      const bytes = signed.subarray(0, -macBytes)
      const code = messageCode(this.keys.receive, this.received++, bytes)
      if (!equalBytes(code, signed.subarray(-macBytes))) throw new Replic8Error('ERR_TAMPERED')
      this.handlers.onmessage(decodeMessage(bytes, this.limits))
    } catch (error) {
      this.handlers.onfail(toReplic8Error(error, 'ERR_PROTOCOL'))
    }
  }
}
