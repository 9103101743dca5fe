/** A client that says what no honest one does. */
import { WebSocket } from 'ws'
import { signalHello } from '../../src/transports/signal-wire.ts'
import { Arrivals } from '../transports/websocket-dialled.ts'

type Said = Record<string, unknown>

export class RawClient {
  readonly socket: WebSocket
  readonly heard = new Arrivals<Said>()
  /** All that came, as it came. */
  readonly texts: string[] = []
  readonly closed: Promise<{ code: number; reason: string }>

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      this.texts.push(String(data))
      this.heard.add(JSON.parse(String(data)))
    })
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    )
  }

  static async dial(url: string): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url))
    await new Promise((resolve) => client.socket.once('open', resolve))
    client.socket.send(signalHello)
    return client
  }

  say(message: Said | string | Uint8Array): void {
    const raw = typeof message === 'string' || message instanceof Uint8Array
    this.socket.send(raw ? message : JSON.stringify(message))
  }

  join(room: number, topic: string, id: string, secret = 'a'.repeat(32)): void {
    this.say({ type: 'join', room, topic, id, secret })
  }

  /** Resolves when the server has done everything that was said before. */
  async settled(): Promise<void> {
    this.say({ type: 'ping' })
    while ((await this.heard.next()).type !== 'pong');
  }
}
