/** A tab with hypercore 9 as npm gives it, over one hypercore-protocol 8 piped into simple-peer; the keys are known. */
import hypercore from 'hypercore'
import Protocol from 'hypercore-protocol'
import randomAccessIdb from 'random-access-idb'
import ram from 'random-access-memory'
import SimplePeer from 'simple-peer'
import { inOnePage } from './one-page.ts'
import { now, promised, serve } from './serve.ts'
import { SocketStream } from './socket-stream.ts'
import { Arrivals, check, fill, rally, type Size } from './transfer.ts'

// biome-ignore lint/suspicious/noExplicitAny: none of these packages has types.
type Untyped = any

let mine: Untyped
let theirs: Untyped
let arrivals: Arrivals
let protocol: Untyped

const storageOf = (name: string | null) => (name === null ? ram : randomAccessIdb(name))
const bufferOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

serve({
  ...inOnePage({
    make: (key) => hypercore(ram, key),
    from: bufferOf,
    async join() {
      const ends: Untyped[] = []
      const shaken = [true, false].map(
        (initiator) =>
          new Promise<void>((done) => ends.push(new Protocol(initiator, { live: true, onhandshake: done }))),
      )
      ends[0].pipe(ends[1]).pipe(ends[0])
      await Promise.all(shaken)
      return (near, far) => {
        const feeds: Untyped[] = [...near, ...far]
        for (const { core, copy } of feeds) {
          const isNear = near.some((feed) => feed.core === core)
          core.replicate(ends[isNear ? 0 : 1], { live: true })
          copy.replicate(ends[isNear ? 1 : 0], { live: true })
        }
      }
    },
  }),

  /** Makes a core; in memory where the database has no name. Gives its key. */
  async write(database: string | null, size: Size) {
    mine = hypercore(storageOf(database))
    await promised((done) => mine.ready(done))
    await fill(mine, size, bufferOf)
    return mine.key.toString('hex')
  },

  async take(database: string | null, { blocks }: Size, key: string) {
    theirs = hypercore(storageOf(database), Buffer.from(key, 'hex'))
    await promised((done) => theirs.ready(done))
    arrivals = new Arrivals(theirs, blocks)
  },

  /** Over WebRTC, or to a server where there is a URL; until the handshake is over. */
  async connect(name: string, url: string | undefined, initiator: boolean) {
    const stream: Untyped = url ? await SocketStream.open(url) : await meet(name, initiator)
    await new Promise<void>((resolve) => {
      protocol = new Protocol(initiator, { live: true, onhandshake: () => resolve() })
      stream.pipe(protocol).pipe(stream)
    })
  },

  /** Replication begins. */
  share() {
    const at = now()
    for (const core of [mine, theirs]) core?.replicate(protocol, { live: true })
    return at
  },

  arrived: (ms: number) => arrivals.within(ms),

  check: (size: Size) => check(theirs, size),

  rally: (options: { first: boolean; start: number; times: number }) =>
    rally(mine, theirs, bufferOf, options),
})

/** Two tabs of one origin tell each other their signals over BroadcastChannel. */
function meet(name: string, initiator: boolean): Promise<unknown> {
  const channel = new BroadcastChannel(name)
  const peer = new SimplePeer({ initiator, config: { iceServers: [] } })
  const signals: unknown[] = []
  let heard = 0
  const say = (number: number) => channel.postMessage({ number, signal: signals[number] })
  peer.on('signal', (signal: unknown) => say(signals.push(signal) - 1))
  channel.onmessage = ({ data }) => {
    // The one that comes second asks for what was said before, and may have heard some of it.
    if (data.hello) for (const number of signals.keys()) say(number)
    else if (data.number === heard) {
      heard++
      peer.signal(data.signal)
    }
  }
  if (!initiator) channel.postMessage({ hello: true })
  return new Promise((resolve, reject) => {
    peer.on('connect', () => {
      channel.close()
      resolve(peer)
    })
    peer.on('error', reject)
  })
}
