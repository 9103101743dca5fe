import type { Brake } from './brake.ts'
import type { ChannelView } from './channel-view.ts'
import type { Stated } from './unsaid.ts'

/** What a feed's channel tells the one who watches over it. */
export interface ChannelObserver {
  /** A block went to the peer. */
  onupload(bytes: number): void
  /** A block came from the peer; it is not verified yet. */
  ondownload(bytes: number): void
  /** The core gave up on this channel, or a handler of it threw. */
  onerror(error: Error): void
  /** The channel is closed, by the peer or by the core. */
  onclose(channel: ChannelView): void
  /** What the control messages have said of the feed of a channel. */
  stated(channel: ChannelView): Stated
  /** False while the transport takes nothing: answers to requests wait. */
  readonly writable: boolean
  /** Holds own requests back. */
  readonly brake: Brake
  /** Nobody has said how many requests may be on their way. */
  readonly paced: boolean
}
