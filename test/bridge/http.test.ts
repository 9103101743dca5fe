import { mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { randomKey } from '../../src/platform/random-key.ts'
import { topicOf } from '../../src/session/keys.ts'
import { encryptionKey } from '../helpers/sessions.ts'
import { bridge, folder, peerOf, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

/** The samples of Prometheus' text format, by name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, name, value] = /^([a-zA-Z_:][\w:]*(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
      expect(value, line).toBeDefined()
      return [name as string, Number(value)]
    }),
  )
}

test('says that it is well, and that its disk is', async () => {
  const { httpUrl } = await bridge()
  const response = await fetch(`${httpUrl}/healthz`)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok', storage: 'ok', uptime: expect.any(Number) })
})

test('counts what it does, as Prometheus reads it', async () => {
  const running = await bridge()
  const { httpUrl, url } = running
  const ann = peerOf(url)
  await write(ann, 'notes', 'x'.repeat(1_000), 'y'.repeat(1_000))
  await ann.replicator.synced()
  const stranger = peerOf(url, { key: randomKey() })
  await new Promise((resolve) => stranger.replicator.once('close', resolve))
  await stranger.replicator.close()
  const signalling = new WebSocket(url)
  signalling.on('open', () => signalling.send('nonsense'))
  await new Promise((resolve) => signalling.on('close', resolve))

  const response = await fetch(`${httpUrl}/metrics`)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const found = samples(await response.text())
  expect(found.get('replic8_sockets')).toBe(1)
  expect(found.get('replic8_sessions')).toBe(1)
  expect(found.get('replic8_feeds')).toBe(1)
  expect(found.get('replic8_received_bytes_total')).toBe(2_000)
  expect(found.get('replic8_sent_bytes_total')).toBe(0)
  expect(found.get('replic8_refused_total{reason="topic-not-served"}')).toBeGreaterThan(0)
  expect(found.get('replic8_refused_total{reason="hello"}')).toBe(1)
  expect(found.get('replic8_refused_total{reason="origin"}')).toBe(0)
  expect(found.get('replic8_storage_paused')).toBe(0)
  expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(0)

  // What was received stays counted when its session is over.
  await ann.replicator.close()
  await expect.poll(() => running.stats.sessions, soon).toBe(0)
  expect(running.stats.bytesReceived).toBe(2_000)
})

test('no answer and no counter tells a key or a topic', async () => {
  const { httpUrl, url } = await bridge()
  const ann = peerOf(url)
  await write(ann, 'notes', 'secret')
  await ann.replicator.synced()
  const secrets = [encryptionKey.toString('hex'), topicOf(encryptionKey).toString('hex')]
  for (const path of ['/', '/healthz', '/metrics', '/topics', '/bridge.json']) {
    const text = await (await fetch(httpUrl + path)).text()
    expect(text, path).not.toMatch(/[0-9a-f]{64}/)
    for (const secret of secrets) expect(text).not.toContain(secret)
  }
})

test('answers nothing else, and nothing but reading', async () => {
  const { httpUrl } = await bridge()
  expect((await fetch(`${httpUrl}/`)).status).toBe(404)
  expect((await fetch(`${httpUrl}/bridge.json`)).status).toBe(404)
  const posted = await fetch(`${httpUrl}/healthz`, { method: 'POST', body: 'x' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('serves pages beside itself, which learn from it where it is', async () => {
  const pages = await folder()
  await mkdir(join(pages, 'assets'))
  await writeFile(join(pages, 'index.html'), '<title>Pages</title>')
  await writeFile(join(pages, 'assets/app.js'), 'export {}')
  const { httpUrl, port } = await bridge({ pages })

  const page = await fetch(`${httpUrl}/`)
  expect(await page.text()).toBe('<title>Pages</title>')
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect(page.headers.get('referrer-policy')).toBe('no-referrer')
  const script = await fetch(`${httpUrl}/assets/app.js`)
  expect(script.headers.get('content-type')).toMatch(/javascript/)
  expect((await fetch(`${httpUrl}/../package.json`)).status).toBe(404)
  expect((await fetch(`${httpUrl}/%2e%2e%2fpackage.json`)).status).toBe(404)
  expect((await fetch(`${httpUrl}/%ff`)).status).toBe(404)

  expect(await (await fetch(`${httpUrl}/bridge.json`)).json()).toEqual({ url: `ws://127.0.0.1:${port}/` })
  const byName = await fetch(`http://localhost:${port}/bridge.json`)
  expect(await byName.json()).toEqual({ url: `ws://localhost:${port}/` })
})

test.each(['bytes=5-3', 'bytes=0-99999999999999999999', 'bytes=-5', 'lines=1-2'])(
  'a page that is asked for in parts comes whole: %s',
  async (range) => {
    const pages = await folder()
    await writeFile(join(pages, 'index.html'), 'a whole page')
    const { httpUrl } = await bridge({ pages })
    const response = await fetch(`${httpUrl}/`, { headers: { range } })
    expect([response.status, await response.text()]).toEqual([200, 'a whole page'])
  },
)

test('a page that is gone costs its reader the answer, and the bridge nothing', async () => {
  const pages = await folder()
  await writeFile(join(pages, 'index.html'), 'here')
  await writeFile(join(pages, 'old.html'), 'gone soon')
  const { httpUrl } = await bridge({ pages })
  await rm(join(pages, 'old.html'))
  await expect(fetch(`${httpUrl}/old.html`)).rejects.toThrow()
  expect(await (await fetch(`${httpUrl}/`)).text()).toBe('here')
})

test.runIf(process.platform === 'linux')('the file of a reader that left is closed', async () => {
  const pages = await folder()
  const large = join(pages, 'large.bin')
  await writeFile(large, new Uint8Array(32 * 1024 * 1024))
  const { httpUrl } = await bridge({ pages })
  const reading = new AbortController()
  await fetch(`${httpUrl}/large.bin`, { signal: reading.signal })
  expect(await isOpen(large)).toBe(true)
  reading.abort()
  await expect.poll(() => isOpen(large), soon).toBe(false)
})

/** Whether this process, in which the bridge runs, has a file open. */
async function isOpen(path: string): Promise<boolean> {
  const numbers = await readdir('/proc/self/fd')
  const paths = numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => ''))
  return (await Promise.all(paths)).includes(path)
}

test('behind a proxy its pages are sent to the public URL', async () => {
  const { port, url, httpUrl } = await bridge({
    pages: await folder(),
    publicUrl: 'https://bridge.example/b',
  })
  expect([url, httpUrl]).toEqual(['wss://bridge.example/b', 'https://bridge.example/b'])
  const response = await fetch(`http://127.0.0.1:${port}/bridge.json`)
  expect(await response.json()).toEqual({ url: 'wss://bridge.example/b' })
})
