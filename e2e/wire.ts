/** What runs in a page ahead of the demo: it counts what WebRTC carries, and can cut a sender off in the middle. */

declare global {
  interface Window {
    wire: Wire
  }
}

export interface Wire {
  /** Connections that this page has made or tried to make. */
  connections(): number
  /** Bytes of all data channels that this page had, as the browser counts them. */
  carried(): Promise<{ sent: number; received: number }>
  /** Bytes that may still be sent; what is sent beyond them is lost, as on a link that died. */
  budget: number
  /** Data channels that are open now. */
  channels(): number
  /** The most that were open at a time. */
  mostChannels: number
}

export function watchWire() {
  const connections: RTCPeerConnection[] = []
  const channels: RTCDataChannel[] = []
  const watch = (channel: RTCDataChannel) => {
    channels.push(channel)
    channel.addEventListener('open', () => {
      window.wire.mostChannels = Math.max(window.wire.mostChannels, window.wire.channels())
    })
    return channel
  }
  const Connection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Connection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
      this.addEventListener('datachannel', ({ channel }) => watch(channel))
    }
    override createDataChannel(label: string, options?: RTCDataChannelInit) {
      return watch(super.createDataChannel(label, options))
    }
  }
  const send: (data: ArrayBuffer) => void = RTCDataChannel.prototype.send
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: ArrayBuffer) {
    // Strings are sent too, a few short ones.
    window.wire.budget -= data.byteLength || 0
    if (window.wire.budget >= 0) send.call(this, data)
  } as typeof RTCDataChannel.prototype.send
  window.wire = {
    connections: () => connections.length,
    channels: () => channels.filter(({ readyState }) => readyState === 'open').length,
    mostChannels: 0,
    budget: Number.POSITIVE_INFINITY,
    async carried() {
      const total = { sent: 0, received: 0 }
      for (const connection of connections) {
        for (const [, entry] of await connection.getStats()) {
          if (entry.type !== 'data-channel') continue
          total.sent += entry.bytesSent
          total.received += entry.bytesReceived
        }
      }
      return total
    },
  }
}
