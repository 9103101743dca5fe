import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  type Core,
  OfferMemory,
  randomKey,
  Session,
  type SessionOptions,
} from '../../src/entry/index.node.ts'
import { serve } from '../harness/serve.ts'

/** A feed of one block that is everywhere, and has nothing to send: what is measured is how two ends agree on it. */
class StillFeed implements Core {
  readonly key: Buffer
  readonly length = 1
  readonly sparse = false
  readonly writable = false
  readonly opened = true

  constructor(key: Buffer) {
    this.key = key
  }

  has() {
    return true
  }

  downloaded(start: number, end: number) {
    return end - start
  }

  download() {
    return {}
  }

  undownload() {}
  on() {}
  removeListener() {}
  replicate() {}
}

/** Each end's own feeds of the same keys, by key in hex digits. */
const there = new Map<string, StillFeed>()
let here: StillFeed[] = []
let options: SessionOptions[] = []
const key = randomKey()

function add(count: number) {
  for (let n = 0; n < count; n++) {
    const feed = new StillFeed(randomBytes(32))
    here.push(feed)
    there.set(feed.key.toString('hex'), new StillFeed(Buffer.from(feed.key)))
  }
}

/** As the key has it, so that it is the same each time. */
const headerOf = ({ key }: StillFeed) => ({ type: 'log', name: `feed ${key.readUInt32LE()}` })

/** The two meet, until each knows that the other has all, and part; gives the bytes of both directions. */
async function meet(): Promise<number> {
  const [a, b] = options.map((each) => new Session(key, each)) as [Session, Session]
  let offered = 0
  b.on('advertise', (offer, accept) => {
    offered += offer.keys.length
    for (const [i, key] of offer.keys.entries())
      if (offer.headers[i]?.name !== `feed ${key.readUInt32LE()}`) throw new Error('A header is another one.')
    accept(
      null,
      offer.keys.map((key) => there.get(key.toString('hex')) as StillFeed),
    )
  })
  const share = a.share(here, here.map(headerOf))
  a.pipe(b.stream)
  const [taken] = await Promise.all([share.accepted, a.synced(), b.synced()])
  const bytes = a.stream.bytesSent + b.stream.bytesSent
  a.end()
  await Promise.all([a.closed, b.closed])
  if (offered !== here.length || taken.length !== here.length) throw new Error('Not all feeds were taken.')
  return bytes
}

serve({
  /** Makes both ends, which then agree on so many feeds of the first one. */
  async agree(feeds: number, remembers: boolean) {
    // One channel for each feed.
    const limits = { channels: 2 ** 20 }
    options = [keyPair(), keyPair()].map((keyPair) => {
      return { live: true, keyPair, limits, ...(remembers ? { memory: new OfferMemory() } : {}) }
    })
    add(feeds)
    await meet()
  },
  /** Half of so many feeds are new, and as many are gone. */
  differ(feeds: number) {
    const half = Math.ceil(feeds / 2)
    for (const { key } of here.slice(0, half)) there.delete(key.toString('hex'))
    here = here.slice(half)
    add(half)
  },
  meet,
})

/** Sessions that meet again know each other by these. */
function keyPair() {
  const { privateKey } = generateKeyPairSync('x25519')
  const raw = (name: 'x' | 'd') =>
    Buffer.from(privateKey.export({ format: 'jwk' })[name] as string, 'base64url')
  return { publicKey: raw('x'), secretKey: raw('d') }
}
