import hypercore from 'hypercore'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { errorCodes, type Replic8Error } from '../../src/errors.ts'
import { call } from '../../src/replicator/feed-store-files.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import type { Session } from '../../src/session/session.ts'
import { memory } from '../../src/storage/memory.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import { relayPairs } from '../bridge/relay-pairs.ts'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { append, contentOf, feedOf } from '../replicator/feeds.ts'
import { Arrivals } from './websocket-dialled.ts'
import { SignalMember } from './websocket-signal-member.ts'
import { contains, divertedSignal, ManInTheMiddle } from './websocket-signal-middle.ts'

const signal = () => websocketSignal(inject('signalling'))
const ascii = (text: string) => new TextEncoder().encode(text)
const randomKey = () => crypto.getRandomValues(new Uint8Array(32))

const page = () => ({ url: inject('signalling'), WebSocket })
testConnections(relayPairs(page, 'asker'))
testConnections(relayPairs(page, 'other'))
testTransports({ name: 'webrtc by websocketSignal', create: () => webrtc({ signal: signal() }) })

test('asks whether the server is still there when the page is online again, and leaves it if not', async () => {
  const url = `${inject('websocketRelay')}/${crypto.randomUUID()}`
  const silent = new WebSocket(url)
  const texts = new Arrivals<string>()
  silent.addEventListener('message', ({ data }) => texts.add(data))
  await new Promise((resolve) => silent.addEventListener('open', resolve))
  const lost = websocketSignal([url, inject('signalling')], { keepAlive: 0, closeTimeout: 50, minDelay: 1 })
  const member = new SignalMember(lost, randomKey(), 'a')
  onTestFinished(() => member.room.leave())
  expect([await texts.next(), JSON.parse(await texts.next()).type]).toEqual(['replic8-signal/1', 'join'])
  window.dispatchEvent(new Event('online'))
  expect(await texts.next()).toBe('{"type":"ping"}')
  expect(await member.problems.next()).toMatchObject({ code: 'ERR_SIGNAL' })
  silent.close()
})

type Feed = Awaited<ReturnType<typeof feedOf>>

/** A replicator of two peers, one of which shares a feed and the other takes it. */
async function twoPeers(middle: ManInTheMiddle) {
  const key = randomKey()
  const feed = await feedOf('the secret content', 'and more of it')
  const author = new Replicator(key)
  const reader = new Replicator(key)
  onTestFinished(async () => {
    await Promise.all([author.close(), reader.close()])
    await middle.stop()
  })
  author.use('the secret place', { share: () => [feed], describe: () => ({ title: 'the secret title' }) })
  const copies: Feed[] = []
  const store = ({ key }: { key: Uint8Array }) => {
    const copy: Feed = hypercore(memory, key)
    copies.push(copy)
    return copy
  }
  reader.use('the secret place', { store })
  const sessions = [author, reader].map(
    (peer) => new Promise<Session>((resolve) => peer.on('session', (session) => resolve(session))),
  )
  author.join(webrtc({ signal: divertedSignal(signal(), middle.places[0]) }))
  reader.join(webrtc({ signal: divertedSignal(signal(), middle.places[1]) }))
  return { key, feed, author, reader, copies, sessions: sessions as [Promise<Session>, Promise<Session>] }
}

describe('a signalling server that swaps the descriptions and stands in the middle', () => {
  test('learns no key, no header and no block: the peers have each other behind it', async () => {
    const middle = new ManInTheMiddle(signal())
    const { key, feed, copies, sessions } = await twoPeers(middle)
    const [atAuthor, atReader] = await Promise.all(sessions)
    await expect.poll(() => copies[0]?.length).toBe(2)
    await append(feed, 'the last secret')
    await expect
      .poll(async () => copies[0] && contentOf(copies[0]).catch(() => []))
      .toEqual(['the secret content', 'and more of it', 'the last secret'])
    // It really stood there: nothing has come any other way.
    expect(middle.joined).toBe(1)
    expect(middle.heard.length).toBeGreaterThan(1_000)
    expect(atAuthor.remotePublicKey).toEqual(atReader.publicKey)
    expect(atReader.remotePublicKey).toEqual(atAuthor.publicKey)
    const secrets = [key, feed.key, feed.discoveryKey, ascii('secret'), ascii('title'), ascii('more of it')]
    for (const secret of secrets) expect(contains(middle.heard, secret as Uint8Array)).toBe(false)
  })

  test('learns nothing and is told so when it takes part itself, with a key of its own', async () => {
    const middle = new ManInTheMiddle(signal())
    const { author, reader, copies } = await twoPeers(middle)
    const own = new Replicator(randomKey())
    onTestFinished(() => own.close())
    let offers = 0
    own.on('advertise', () => offers++)
    middle.onconnection = (connection) => own.connect(connection)
    const ends = await Promise.all([closeCode(author), closeCode(reader)])
    expect(ends).toEqual(['ERR_KEY_MISMATCH', 'ERR_KEY_MISMATCH'])
    expect([offers, copies.length, middle.joined]).toEqual([0, 0, 0])
  })

  // Two role frames of 21 bytes come first, which say nothing that could be changed to anybody's use.
  test.each([
    ['the first message of the handshake', 60],
    ['the second message of the handshake', 150],
    ['the proof of the key', 330],
    ['the offers and the blocks', 700],
  ])('changes nothing: bits flipped from %s on end the session with a code', async (_, offset) => {
    const middle = new ManInTheMiddle(signal())
    let passed = 0
    let flips = 0
    middle.change = (chunk) => {
      const at = Math.max(chunk.length >> 1, offset - passed)
      passed += chunk.length
      if (at < chunk.length) {
        chunk[at] = (chunk[at] as number) ^ 1
        flips++
      }
      return chunk
    }
    const { author, reader, copies, feed } = await twoPeers(middle)
    const codes = await Promise.all([closeCode(author), closeCode(reader)])
    for (const code of codes) expect(Object.keys(errorCodes)).toContain(code)
    expect(flips).toBeGreaterThan(0)
    await expectPartOf(feed, copies)
  })

  test('changes nothing: bits flipped while blocks pass never become content', async () => {
    const middle = new ManInTheMiddle(signal())
    const { author, feed, copies, reader } = await twoPeers(middle)
    await expect.poll(() => copies[0]?.length).toBe(2)
    middle.change = (chunk) => {
      chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] as number) ^ 1
      return chunk
    }
    const codes = Promise.all([closeCode(author), closeCode(reader)])
    for (let n = 0; n < 20; n++) await append(feed, `block ${n} `.repeat(500))
    for (const code of await codes) expect(Object.keys(errorCodes)).toContain(code)
    await expectPartOf(feed, copies)
  })
})

/** The code with which the first session of a replicator ends. */
function closeCode(replicator: Replicator): Promise<string | undefined> {
  return new Promise((resolve) => replicator.on('close', (error) => resolve((error as Replic8Error)?.code)))
}

/** What was copied is what the author wrote, as far as it goes. */
async function expectPartOf(feed: Feed, copies: Feed[]): Promise<void> {
  const written = await contentOf(feed)
  for (const copy of copies) {
    for (let n = 0; n < copy.length; n++) {
      const block = copy.has(n) && (await call<Uint8Array>((cb) => copy.get(n, { wait: false }, cb)))
      if (block) expect(new TextDecoder().decode(block)).toBe(written[n])
    }
  }
}
