import type { ChannelHandlers, DataMessage } from './engine-channel.ts'

/** What takes the messages of the peer on one channel. */
export interface Receiver {
  call(name: keyof ChannelHandlers, message?: unknown, more?: unknown): void
  onrequest(message: unknown): void
  ondata(message: DataMessage): void
  onclose(): void
}

/** The handlers of a channel: methods, because a function of its own for each message of each channel costs too much. */
export class IncomingMessages implements ChannelHandlers {
  private readonly to: Receiver

  constructor(to: Receiver) {
    this.to = to
  }

  onopen() {
    this.to.call('onopen')
  }

  onoptions(message: unknown) {
    this.to.call('onoptions', message)
  }

  onstatus(message: unknown) {
    this.to.call('onstatus', message)
  }

  onhave(message: unknown) {
    this.to.call('onhave', message)
  }

  onunhave(message: unknown) {
    this.to.call('onunhave', message)
  }

  onwant(message: unknown) {
    this.to.call('onwant', message)
  }

  onunwant(message: unknown) {
    this.to.call('onunwant', message)
  }

  onrequest(message: unknown) {
    this.to.onrequest(message)
  }

  oncancel(message: unknown) {
    this.to.call('oncancel', message)
  }

  ondata(message: DataMessage) {
    this.to.ondata(message)
  }

  onextension(id: number, message: Buffer) {
    this.to.call('onextension', id, message)
  }

  onclose() {
    this.to.onclose()
  }
}
