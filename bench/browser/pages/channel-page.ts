/** A tab with nothing but a data channel: what two tabs can do at all. */
import { now, serve } from './serve.ts'
import type { Size } from './transfer.ts'

/** Bytes under way, as replic8 has them. */
const highWaterMark = 262_144
const lowWaterMark = 65_536

let channel: RTCDataChannel
let wanted = 0
let count = 0
/** What waits for a message. */
let next = () => {}
let arrived: (at: number) => void
const received = new Promise<number>((resolve) => {
  arrived = resolve
})

serve({
  async connect(name: string, _url: undefined, initiator: boolean) {
    channel = await meet(name, initiator)
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = lowWaterMark
    channel.onmessage = () => {
      if (++count === wanted) arrived(now())
      next()
    }
  },

  take(_database: null, { blocks }: Size) {
    wanted = blocks
  },

  share({ blocks, blockBytes }: Size) {
    const at = now()
    let sent = 0
    const send = () => {
      while (sent < blocks && channel.bufferedAmount < highWaterMark) {
        channel.send(new Uint8Array(blockBytes))
        sent++
      }
    }
    channel.onbufferedamountlow = send
    send()
    return at
  },

  /** The ends answer each other's messages of 1 KB. Gives milliseconds from one end to the other. */
  async rally({ first, start, times }: { first: boolean; start: number; times: number }) {
    const play = () => channel.send(new Uint8Array(1_024))
    const began = performance.now()
    for (let i = start; i < start + times; i++) {
      if (first) play()
      // One may have come before this end had begun.
      while (count <= i) await new Promise<void>((resolve) => (next = resolve))
      if (!first) play()
    }
    return (performance.now() - began) / times / 2
  },

  arrived: async (_ms: number, { blocks }: Size) => ({ blocks, at: await received }),
})

function meet(name: string, initiator: boolean): Promise<RTCDataChannel> {
  const signals = new BroadcastChannel(name)
  const peer = new RTCPeerConnection()
  let heard = false
  // Said once, with all candidates in it.
  const say = () => {
    if (peer.iceGatheringState === 'complete') signals.postMessage(plain(peer.localDescription))
  }
  peer.onicegatheringstatechange = say
  signals.onmessage = async ({ data }) => {
    if (data.type === 'hello') return say()
    if (heard) return
    heard = true
    await peer.setRemoteDescription(data)
    if (!initiator) await peer.setLocalDescription()
  }
  return new Promise((resolve) => {
    const opened = (channel: RTCDataChannel) => {
      channel.onopen = () => {
        signals.close()
        resolve(channel)
      }
    }
    if (initiator) {
      opened(peer.createDataChannel('bench'))
      peer.setLocalDescription()
    } else {
      peer.ondatachannel = (event) => opened(event.channel)
      signals.postMessage({ type: 'hello' })
    }
  })
}

function plain(description: RTCSessionDescription | null): RTCSessionDescriptionInit {
  const { type, sdp } = description as RTCSessionDescription
  return { type, sdp }
}
