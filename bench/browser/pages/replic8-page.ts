/** A tab with replic8, negotiated, as its user has it. */
import {
  type Hypercore,
  hypercore,
  memory,
  Replicator,
  replic8,
  type Session,
} from '../../../src/entry/index.ts'
import { idb } from '../../../src/entry/storage.ts'
import { tabs } from '../../../src/entry/tabs.ts'
import { websocket } from '../../../src/entry/websocket.ts'
import { wrapTransport } from '../../../src/entry/worker.ts'
import { inOnePage } from './one-page.ts'
import { now, promised, serve } from './serve.ts'
import { Arrivals, type BenchCore, check, fill, rally, type Size } from './transfer.ts'

const encryptionKey = 'c8'.repeat(32)
const replicator = new Replicator(encryptionKey)
let mine: Hypercore
let theirs: Hypercore
let arrivals: Arrivals
let taken: () => void
const took = new Promise<void>((resolve) => {
  taken = resolve
})

const storageOf = (name: string | null) => (name === null ? memory() : idb(name))
const bench = (core: Hypercore) => core as unknown as BenchCore

export const functions = serve({
  ...inOnePage({
    make: (key) => bench(hypercore(memory(), key)),
    from: (bytes) => bytes,
    async join() {
      const ends = [replic8(encryptionKey, { live: true }), replic8(encryptionKey, { live: true })] as const
      ends[0].pipe(ends[1].stream)
      await Promise.all(ends.map(({ opened }) => opened))
      return (...feeds) => {
        for (const [i, end] of ends.entries()) {
          const own = feeds[i] ?? []
          const others = feeds[1 - i] ?? []
          end.on('advertise', (_, accept) =>
            accept(
              null,
              others.map(({ copy }) => copy as never),
            ),
          )
          if (own.length > 0) end.share(own.map(({ core }) => core as never))
        }
      }
    },
  }),

  /** Makes a core; in memory where the database has no name. */
  async write(database: string | null, size: Size) {
    mine = hypercore(storageOf(database))
    await promised((done) => mine.ready(done))
    await fill(bench(mine), size, (bytes) => bytes)
  },

  /** Takes the core that is offered. */
  take(database: string | null, { blocks }: Size) {
    replicator.on('advertise', (offer, accept) => {
      theirs = hypercore(storageOf(database), offer.keys[0])
      arrivals = new Arrivals(bench(theirs), blocks)
      accept(null, [theirs])
      taken()
    })
  },

  async connect(name: string, url?: string) {
    const session = new Promise<Session>((resolve) => replicator.on('session', resolve))
    // A worker has no WebRTC, but a page that lends it.
    const betweenTabs = () => ('document' in globalThis ? tabs({ name }) : wrapTransport())
    replicator.join(url ? websocket(url) : betweenTabs())
    await (await session).opened
  },

  /** Replication begins. */
  share() {
    const at = now()
    replicator.sessions[0]?.share([mine])
    return at
  },

  async arrived(ms: number) {
    await took
    return arrivals.within(ms)
  },

  check: (size: Size) => check(bench(theirs), size),

  async rally(options: { first: boolean; start: number; times: number }) {
    await took
    return rally(bench(mine), bench(theirs), (bytes) => bytes, options)
  },
})
