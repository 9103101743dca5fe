import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { bridge, peerOf, read, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const cert = fixture('localhost.cert.pem')
const key = fixture('localhost.key.pem')

/** A socket that trusts the certificate of the tests. */
class Trusting extends WebSocket {
  constructor(url: string) {
    super(url, { ca: cert })
  }
}

test('peers replicate over TLS with the certificate that the bridge was given', async () => {
  const { url, httpUrl } = await bridge({ tls: { cert, key } })
  expect([url, httpUrl].map((one) => one.split(':')[0])).toEqual(['wss', 'https'])
  const WebSocketClass = Trusting as never
  const [ann, ben] = [peerOf(url, { WebSocket: WebSocketClass }), peerOf(url, { WebSocket: WebSocketClass })]
  const feed = await write(ann, 'notes', 'over TLS')
  await expect.poll(() => read(ben, feed.key), soon).toEqual(['over TLS'])
})

test('a silent socket over TLS is kept while it answers pings', async () => {
  const running = await bridge({ tls: { cert, key }, heartbeat: 100 })
  const socket = new Trusting(running.url)
  await once(socket, 'open')
  for (let n = 0; n < 4; n++) await once(socket, 'ping')
  expect(running.stats.sockets).toBe(1)
  socket.close()
})

test('who says nothing of TLS does not hold up the end', async () => {
  const running = await bridge({ tls: { cert, key } })
  const silent = connect(running.port, '127.0.0.1')
  const closed = once(
    silent.on('error', () => {}),
    'close',
  )
  await once(silent, 'connect')
  // Taken by the bridge, as this one is, which came later.
  const socket = new Trusting(running.url)
  await once(socket, 'open')
  await running.close()
  await closed
})

test('its pages are told a URL with TLS', async () => {
  const { httpUrl, port } = await bridge({ tls: { cert, key }, pages: '.' })
  const text = await new Promise<string>((resolve, reject) => {
    get(`${httpUrl}/bridge.json`, { ca: cert, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part) => (body += part))
      response.on('end', () => resolve(body))
    }).on('error', reject)
  })
  expect(JSON.parse(text)).toEqual({ url: `wss://127.0.0.1:${port}/` })
})

test('what is no certificate, or not with its key, is a bad option', async () => {
  await expect(bridge({ tls: { cert: 'nonsense', key } })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
  await expect(bridge({ tls: { cert, key: cert } })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
})
