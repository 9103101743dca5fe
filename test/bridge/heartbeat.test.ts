import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { bridge, peerOf, read, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

/** Passes bytes on to a port until it is told to swallow them, as a cable that was pulled does. */
async function pullableCable(to: number) {
  let isPulled = false
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => isPulled || into.write(data))
      from.on('close', () => isPulled || into.destroy())
      from.on('error', () => {})
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
    pull() {
      isPulled = true
    },
  }
}

test('a socket whose end is gone without a word is dropped', async () => {
  const running = await bridge({ heartbeat: 50 })
  const cable = await pullableCable(running.port)
  const socket = new WebSocket(cable.url)
  socket.on('error', () => {})
  await once(socket, 'open')
  await once(socket, 'ping')
  expect(running.stats.sockets).toBe(1)

  cable.pull()
  await expect.poll(() => running.stats.sockets, soon).toBe(0)
  socket.terminate()
})

test('a socket that is silent and answers pings is kept', async () => {
  const running = await bridge({ heartbeat: 100 })
  const socket = new WebSocket(running.url)
  await once(socket, 'open')
  for (let n = 0; n < 4; n++) await once(socket, 'ping')
  expect(running.stats.sockets).toBe(1)
  socket.close()
})

test('peers go on through many heartbeats', async () => {
  const { url } = await bridge({ heartbeat: 100 })
  const [ann, ben] = [peerOf(url), peerOf(url)]
  const feed = await write(ann, 'notes', ...Array.from({ length: 200 }, (_, n) => `${n}`.padEnd(10_000)))
  await expect.poll(async () => (await read(ben, feed.key)).filter(Boolean).length, soon).toBe(200)
  expect(ben.joined.peers.length).toBe(1)
})
