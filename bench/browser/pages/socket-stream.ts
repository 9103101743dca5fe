import { Duplex } from 'streamx'

/** A WebSocket as a stream, as plain as it can be: a message for each chunk. */
export class SocketStream extends Duplex {
  readonly #socket: WebSocket

  static open(url: string): Promise<SocketStream> {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve(new SocketStream(socket))
      socket.onerror = () => reject(new Error(`Nothing answers at ${url}.`))
    })
  }

  private constructor(socket: WebSocket) {
    super()
    this.#socket = socket
    socket.onmessage = ({ data }) => this.push(Buffer.from(data))
    socket.onclose = () => this.push(null)
  }

  _write(chunk: Uint8Array<ArrayBuffer>, done: () => void) {
    this.#socket.send(chunk)
    done()
  }
}
