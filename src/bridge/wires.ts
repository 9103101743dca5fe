import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { addressGroup } from './address-group.ts'

/**
 * The TCP connections of a server, from the first packet on: a quota of WebSockets does not count those of which no
 * WebSocket has come, and `closeAllConnections` does not know those that are in their TLS handshake.
 */
export class Wires {
  private readonly open = new Set<Socket>()
  private readonly ofAddress = new Map<string, number>()

  /** @param mostOfAddress those above are dropped, and `ondrop` told from where they were */
  constructor(server: Server, mostOfAddress: number, ondrop: (address: string) => void) {
    server.on('connection', (wire: Socket) => {
      const address = wire.remoteAddress ?? ''
      const group = addressGroup(address)
      const count = this.ofAddress.get(group) ?? 0
      if (count >= mostOfAddress) {
        ondrop(address)
        wire.destroy()
        return
      }
      this.ofAddress.set(group, count + 1)
      this.open.add(wire)
      wire.once('close', () => this.forget(wire, group))
    })
  }

  /** Drops all. */
  drop() {
    for (const wire of this.open) wire.destroy()
  }

  private forget(wire: Socket, group: string) {
    this.open.delete(wire)
    const left = (this.ofAddress.get(group) ?? 1) - 1
    if (left > 0) this.ofAddress.set(group, left)
    else this.ofAddress.delete(group)
  }
}
