import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket as WsSocket } from 'ws'
import { ownWebSocket } from '../../src/platform/node/web-socket.ts'

const maskBit = 0x80

test('binary messages of Node have a mask of zeros, texts and pings one by chance', async () => {
  const { client, server, read } = await meet()
  const block = Uint8Array.from({ length: 100 }, (_, i) => i)

  client.send('text')
  client.send(block)
  client.send('another')
  client.ping()
  client.send(block.subarray(0, 0))
  client.close()
  await once(server, 'close')

  const frames = framesOf(Buffer.concat(read.chunks))
  expect(frames.map(({ kind }) => kind)).toEqual(['text', 'binary', 'text', 'ping', 'binary', 'close'])
  expect(frames.map(({ mask }) => mask === 0)).toEqual([false, true, false, false, true, false])
  expect(read.messages).toEqual(['text', Buffer.from(block), 'another', Buffer.alloc(0)])
})

test('a message larger than a frame of 16 bits arrives as it was sent, and is not written into', async () => {
  const { client, server, read } = await meet()
  const block = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7)
  const before = block.slice()

  client.send(block)
  client.close()
  await once(server, 'close')

  expect(read.messages).toEqual([Buffer.from(before)])
  expect(block).toEqual(before)
})

/** A socket of ours, and the server's end of it with all that it reads. */
async function meet() {
  const host = '127.0.0.1'
  const listening = new WebSocketServer({ host, port: 0 })
  onTestFinished(() => void listening.close())
  await once(listening, 'listening')
  const read = { chunks: [] as Buffer[], messages: [] as unknown[] }
  const accepted = once(listening, 'connection')
  const { port } = listening.address() as AddressInfo
  const OwnWebSocket = ownWebSocket() as new (url: string) => WsSocket
  const client = new OwnWebSocket(`ws://${host}:${port}`)
  const [server, request] = await accepted
  request.socket.on('data', (chunk: Buffer) => read.chunks.push(chunk))
  server.on('message', (data: Buffer, binary: boolean) => read.messages.push(binary ? data : String(data)))
  if (client.readyState !== client.OPEN) await once(client, 'open')
  return { client, server: server as WsSocket, read }
}

/** What a client has written, of frames below 64 KiB (RFC 6455, section 5.2). */
function framesOf(bytes: Buffer) {
  const kinds: Record<number, string> = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping' }
  const frames: { kind: string | undefined; mask: number }[] = []
  for (let at = 0; at < bytes.length; ) {
    const short = bytes.readUInt8(at + 1)
    expect(short & maskBit).toBe(maskBit)
    const long = (short & 0x7f) === 126
    const length = long ? bytes.readUInt16BE(at + 2) : short & 0x7f
    const head = long ? 4 : 2
    frames.push({ kind: kinds[bytes.readUInt8(at) & 0xf], mask: bytes.readUInt32BE(at + head) })
    at += head + 4 + length
  }
  return frames
}
