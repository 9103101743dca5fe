import { Replic8Error, toReplic8Error } from '../errors.ts'
import { type MessageCarrier, MessageConnection } from './message-connection.ts'

/** What carries the messages: an RtcLink. */
export interface MessageLink extends MessageCarrier {
  /** The largest message, in bytes. */
  readonly messageBytes: number
  /** Closes the channel so that the other end is sure to hear of it. Only when nothing is under way. */
  close(): void
  destroy(): void
}

/** From the end that answered the call to the one that made it: everything has arrived in both directions. */
const confirm = 'confirm'

/**
 * A connection over one data channel. Closing a data channel may drop what is queued, and looks the same as a page
 * that went away. So the initiator closes the channel only when the other has confirmed that it has both ends' `end`.
 * Without that it was a cut.
 */
export class WebRtcConnection extends MessageConnection<MessageLink> {
  readonly kind = 'webrtc'
  declare readonly initiator: boolean
  #confirmed = false

  /** @param closeTimeout milliseconds that a closing connection waits while nothing moves */
  constructor(link: MessageLink, options: { initiator: boolean; closeTimeout: number }) {
    super(link, { ...options, messageBytes: link.messageBytes })
  }

  /** The link is over. */
  takeOver(err: Error | undefined): void {
    this.finish(this.#confirmed ? undefined : lostError(err))
  }

  protected override onends(): void {
    if (!this.initiator && !this.#confirmed) this.#confirmed = this.sendMessage(confirm)
  }

  protected override letGo(): void {
    this.link.destroy()
  }

  protected override lateError(): Error | undefined {
    return this.#confirmed ? undefined : lostError(undefined)
  }

  /** Both ends have everything. The channel is closed in order, which reaches the other end even if a packet is lost. */
  protected override takeWord(text: string): boolean {
    if (text !== confirm || !this.initiator || !this.endReceived || !this.endSent) return false
    this.#confirmed = true
    this.link.close()
    return true
  }
}

function lostError(cause: unknown): Replic8Error {
  return cause === undefined
    ? new Replic8Error('ERR_CONNECTION', 'The peer went away without closing the connection.')
    : toReplic8Error(cause, 'ERR_CONNECTION')
}
