import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** What has moved on a TCP or TLS socket. */
type Wire = Duplex & { bytesRead?: number; bytesWritten?: number }

interface Pulse {
  socket: WebSocket
  wire: Wire
  read: number
  /** Bytes that the operating system took. */
  left: number
  /** Something waited to leave. */
  waiting: boolean
}

/**
 * Pings sockets, and drops those from which nothing came since the last ping: an end that is gone without a word looks
 * open. Browsers answer pings by themselves, also in hidden pages. A ping waits behind what was sent before it, so one
 * whose bytes still leave is alive as well, and so is one that is not read from, for a slow end of its relay.
 */
export class Heartbeat {
  private readonly pulses = new Set<Pulse>()
  private readonly timer: ReturnType<typeof setInterval>

  /** @param interval ms */
  constructor(interval: number) {
    // Answers that came while the process was busy are read first.
    this.timer = setInterval(() => setImmediate(() => this.beat()), interval)
  }

  watch(socket: WebSocket, wire: Wire) {
    const pulse: Pulse = { socket, wire, read: -1, left: -1, waiting: false }
    this.pulses.add(pulse)
    socket.once('close', () => this.pulses.delete(pulse))
  }

  close() {
    clearInterval(this.timer)
  }

  private beat() {
    for (const pulse of this.pulses) {
      const { socket, wire } = pulse
      const read = wire.bytesRead ?? 0
      const left = (wire.bytesWritten ?? 0) - wire.writableLength
      const moved = read !== pulse.read || (pulse.waiting && left !== pulse.left)
      if (!moved && !socket.isPaused) {
        socket.terminate()
        continue
      }
      Object.assign(pulse, { read, left, waiting: wire.writableLength > 0 })
      if (socket.readyState === socket.OPEN) socket.ping()
    }
  }
}
