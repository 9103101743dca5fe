import type { ChannelHandlers, EngineChannel } from './engine-channel.ts'

/** Requests on one channel that this end has not opened, and on all of them: the peer begins with no more than the first. */
const most = { channel: 64, all: 65_536 }

/**
 * Requests that came with a channel which this end has not opened yet: hypercore-protocol drops them, and the peer would
 * wait in vain. The peer has agreed and asks at once; this end may still have to open its core.
 */
export class HeldRequests {
  private readonly held = new Map<EngineChannel, unknown[]>()
  private count = 0

  /** False where too many are held. */
  add(channel: EngineChannel, request: unknown): boolean {
    const requests = this.held.get(channel) ?? []
    if (requests.length >= most.channel || this.count >= most.all) return false
    requests.push(request)
    this.held.set(channel, requests)
    this.count++
    return true
  }

  /** This end opens the channel: hands the requests over when whoever opens it has got it. */
  release(channel: EngineChannel, handlers: ChannelHandlers) {
    const requests = this.forget(channel)
    if (requests.length === 0) return
    queueMicrotask(() => {
      for (const request of requests)
        if (channel.opened && channel.remoteOpened) handlers.onrequest?.(request)
    })
  }

  /** The peer closes the channel. */
  forget(channel: EngineChannel): unknown[] {
    if (this.count === 0) return []
    const requests = this.held.get(channel) ?? []
    this.held.delete(channel)
    this.count -= requests.length
    return requests
  }
}
