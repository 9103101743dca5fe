import type { ChannelHandlers, DataMessage } from './engine-channel.ts'

/** The handlers of a channel: methods, because a function of its own for each message of each channel costs too much. */
export abstract class IncomingMessages implements ChannelHandlers {
  /** Hands a message on to the core. */
  abstract call(name: keyof ChannelHandlers, message?: unknown, more?: unknown): void
  abstract onhave(message: { start: number }): void
  abstract onwant(message: { start: number; length: number }): void
  abstract onrequest(message: unknown): void
  abstract ondata(message: DataMessage): void
  abstract onclose(): void

  onopen() {
    this.call('onopen')
  }

  onoptions(message: unknown) {
    this.call('onoptions', message)
  }

  onstatus(message: unknown) {
    this.call('onstatus', message)
  }

  onunhave(message: unknown) {
    this.call('onunhave', message)
  }

  onunwant(message: unknown) {
    this.call('onunwant', message)
  }

  oncancel(message: unknown) {
    this.call('oncancel', message)
  }

  onextension(id: number, message: Buffer) {
    this.call('onextension', id, message)
  }
}
