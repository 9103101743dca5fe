import { messageOf, Replic8Error } from '../errors.ts'
import { Extensions } from './extensions.ts'
import type { Link } from './link.ts'

export interface MailHooks {
  link(): Link
  problem(error: Replic8Error): void
}

/** Carries the application's messages: own ones as soon as the session is open, the peer's to whoever registered them. */
export class ExtensionMail {
  readonly extensions: Extensions
  private readonly messageBytes: number
  private readonly hooks: MailHooks
  private readonly unsent: [name: string, payload: Buffer][] = []

  constructor(messageBytes: number, hooks: MailHooks) {
    this.messageBytes = messageBytes
    this.hooks = hooks
    this.extensions = new Extensions(messageBytes, (name, payload) => this.send(name, payload))
  }

  /** The session is open. */
  flush() {
    for (const [name, payload] of this.unsent.splice(0)) this.send(name, payload)
  }

  /** A message of the peer; what its handler throws is contained. */
  receive(name: string, payload: Uint8Array, session: unknown) {
    if (payload.length > this.messageBytes) {
      const detail = `A message of ${payload.length} bytes is more than messageBytes.`
      const error = new Replic8Error('ERR_PROTOCOL', detail)
      return this.hooks.link().fail(error, error)
    }
    const failed = (error: unknown) =>
      this.hooks.problem(new Replic8Error('ERR_HANDLER_FAILED', messageOf(error), { cause: error }))
    try {
      const result = this.extensions.receive(name, payload, session) as { then?: unknown } | undefined
      if (typeof result?.then === 'function') Promise.resolve(result).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  private send(name: string, payload: Buffer) {
    const link = this.hooks.link()
    if (link.opened) link.send({ type: 'extension', name, payload })
    else if (!link.left) this.unsent.push([name, payload])
  }
}
