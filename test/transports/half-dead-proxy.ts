/** A way to a server on which the near half of what passes can be lost, and the server hears nothing of it. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface HalfDeadProxy {
  url: string
  /** Cuts the near ends only. */
  lose(): void
  close(): Promise<void>
}

export async function halfDeadProxy(port: number): Promise<HalfDeadProxy> {
  const near = new Set<Socket>()
  const far = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1')
    near.add(socket)
    far.add(upstream)
    for (const end of [socket, upstream]) end.on('error', () => {})
    socket.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => socket.write(chunk))
    upstream.on('close', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose() {
      for (const socket of near) socket.destroy()
      near.clear()
    },
    close() {
      for (const socket of [...near, ...far]) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
