import SimplePeer from 'simple-peer'
import { expect, test } from 'vitest'

// The slim stream under simple-peer, in use: two peers of one page over a real data channel.
const connect = async () => {
  const config = { iceServers: [] }
  const a = new SimplePeer({ initiator: true, config })
  const b = new SimplePeer({ config })
  a.on('signal', (data: unknown) => b.signal(data))
  b.on('signal', (data: unknown) => a.signal(data))
  // Chromium reports that the other end closed as an error of the data channel.
  for (const peer of [a, b]) peer.on('error', () => {})
  await Promise.all([a, b].map((peer) => new Promise((resolve) => peer.once('connect', resolve))))
  return { a, b }
}

test('bytes written to one simple-peer arrive at the other in order', async () => {
  const { a, b } = await connect()
  const sent = Array.from({ length: 200 }, (_, i) => new Uint8Array(1 + i * 37).fill(i))
  const wanted = sent.reduce((sum, chunk) => sum + chunk.length, 0)
  const received: number[] = []
  const all = new Promise<void>((resolve) => {
    b.on('data', (chunk: Uint8Array) => {
      received.push(...chunk)
      if (received.length === wanted) resolve()
    })
  })
  for (const chunk of sent) if (!a.write(chunk)) await new Promise((resolve) => a.once('drain', resolve))
  await all
  expect(received).toEqual(sent.flatMap((chunk) => [...chunk]))
  a.destroy()
  b.destroy()
})

test('ending one simple-peer ends and closes the other', async () => {
  const { a, b } = await connect()
  const events: string[] = []
  const closed = new Promise<void>((resolve) => {
    b.on('data', () => events.push('data'))
    b.on('end', () => events.push('end'))
    b.on('close', () => resolve())
  })
  a.write(new Uint8Array(10))
  a.end()
  await closed
  expect(events).toEqual(['data', 'end'])
})
