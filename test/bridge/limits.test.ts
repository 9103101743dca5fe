import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { bridge, folder, peerOf, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

/** A socket that is open and has said nothing, and what the bridge closes it with. */
async function dial(url: string, from?: string) {
  const socket = new WebSocket(url, from ? { headers: { 'x-forwarded-for': from } } : {})
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  return { socket, closed }
}

test('an address has so many sockets at a time, and may open one again when one is gone', async () => {
  const running = await bridge({ limits: { connectionsPerAddress: 2 } })
  const { url } = running
  const first = await dial(url)
  await dial(url)
  expect(await (await dial(url)).closed).toBe(4429)
  expect(running.stats.refused.connections).toBe(1)

  first.socket.close()
  await first.closed
  await expect.poll(() => running.stats.sockets, soon).toBe(1)
  const again = await dial(url)
  expect(again.socket.readyState).toBe(WebSocket.OPEN)
  await expect.poll(() => running.stats.sockets, soon).toBe(2)
})

test('all addresses together have so many sockets', async () => {
  const running = await bridge({ trustProxy: true, limits: { connections: 2 } })
  await dial(running.url, '203.0.113.1')
  await dial(running.url, '203.0.113.2')
  expect(await (await dial(running.url, '203.0.113.3')).closed).toBe(4429)
})

test('an address may dial so often in a minute', async () => {
  const running = await bridge({ limits: { dialsPerMinute: 3 } })
  for (let n = 0; n < 3; n++) {
    const { socket, closed } = await dial(running.url)
    socket.close()
    await closed
  }
  expect(await (await dial(running.url)).closed).toBe(4429)
  expect(running.stats.refused.dials).toBe(1)
})

test('behind a proxy that is trusted, addresses are those that it tells, and what clients claim does not count', async () => {
  const running = await bridge({ trustProxy: true, limits: { connectionsPerAddress: 1 } })
  await dial(running.url, '203.0.113.1')
  const other = await dial(running.url, '203.0.113.1, 203.0.113.2')
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
  // Its own word stands first, what the proxy saw last.
  expect(await (await dial(running.url, '203.0.113.9, 203.0.113.1')).closed).toBe(4429)
})

test('without a trusted proxy the header counts for nothing', async () => {
  const running = await bridge({ limits: { connectionsPerAddress: 1 } })
  await dial(running.url, '203.0.113.1')
  expect(await (await dial(running.url, '203.0.113.2')).closed).toBe(4429)
})

test('a socket has so long to say what it is about', async () => {
  const running = await bridge({ limits: { helloTimeout: 20 } })
  expect(await (await dial(running.url)).closed).toBe(1006)
  expect(running.stats.refused.hello).toBe(1)
})

test('what is no hello closes the socket, and a message that is far too long does', async () => {
  const { url } = await bridge()
  const nonsense = await dial(url)
  nonsense.socket.send('GET / HTTP/1.1')
  expect(await nonsense.closed).toBe(4001)
  const later = await dial(url)
  later.socket.send('replic8-signal/2')
  expect(await later.closed).toBe(4002)
  const huge = await dial(url)
  huge.socket.send(new Uint8Array(1024 * 1024))
  expect(await huge.closed).toBe(1009)
})

test('so many feeds of a key are taken, those from before a restart included', async () => {
  const storage = await folder()
  const first = await bridge({ storage, maxFeeds: 2 })
  const ann = peerOf(first.url)
  for (const name of ['a', 'b', 'c']) await write(ann, name, name)
  await ann.replicator.synced()
  expect(first.stats.feeds).toBe(2)
  await ann.replicator.close()
  await first.close()

  const second = await bridge({ storage, maxFeeds: 3 })
  const ben = peerOf(second.url)
  for (const name of ['d', 'e']) await write(ben, name, name)
  await ben.replicator.synced()
  expect(second.stats.feeds).toBe(3)
})

test.each([
  ['an unknown option', { prot: 1 }],
  ['a port that is none', { port: 70_000 }],
  ['an origin with a path', { origins: ['https://app.example/path'] }],
  ['a host that is none', { hosts: ['https://app.example'] }],
  ['an unknown limit', { limits: { conections: 1 } }],
  ['a limit of 0', { limits: { connections: 0 } }],
  ['a public URL that is none', { publicUrl: 'ftp://bridge.example' }],
  ['a public URL with a user', { publicUrl: 'https://me@bridge.example' }],
  ['a public URL with only a password', { publicUrl: 'https://:secret@bridge.example' }],
  ['an origin with only a password', { origins: ['https://:secret@app.example'] }],
  ['half of a certificate', { tls: { cert: 'x' } }],
  ['a bootstrap node without a port', { swarm: { bootstrap: ['node.example'] } }],
  ['a folder of pages that is not there', { pages: '/nowhere/at/all' }],
  ['a logger that is none', { log: 'loud' }],
])('%s is a bad option', async (_, options) => {
  await expect(bridge(options as never)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
})

test('a key that is none is told, without what was given', async () => {
  const error = await bridge({ key: 'abcdef' }).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_BAD_KEY' })
  expect(error.message).not.toContain('abcdef')
})
