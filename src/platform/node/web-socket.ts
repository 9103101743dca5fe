import { WebSocket } from 'ws'

/** What travels is encrypted, and nothing compresses that. */
class UncompressedWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, { perMessageDeflate: false })
  }
}

/** The class of `ws`: Node 20 has none of its own, and that of Node 22 takes twice as long and tells not when bytes left. */
export const ownWebSocket = (): unknown => UncompressedWebSocket
