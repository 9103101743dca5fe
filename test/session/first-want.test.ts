import { expect, test, vi } from 'vitest'
import { ChannelFront } from '../../src/session/channel-front.ts'
import { ChannelView } from '../../src/session/channel-view.ts'
import type { Session } from '../../src/session/session.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { append, blocks, reader, ready, type TestCore, writer } from '../helpers/cores.ts'
import { sessions, turn } from '../helpers/sessions.ts'
import { takeAll, until } from '../helpers/sharing.ts'

/** Two sessions that are about to share one feed. */
interface Scene {
  wire: ReturnType<typeof controllableWire>
  a: Session
  b: Session
  core: TestCore
  copy: TestCore
}

interface Story {
  blocks: number
  /** Of what the copy has before. */
  had?: number
  sparse?: boolean
  /** What happens between the sharing and the end. */
  plot?(scene: Scene): Promise<unknown> | unknown
}

const clear = (core: TestCore, from: number, to: number) =>
  new Promise<void>((resolve, reject) =>
    core.clear(from, to, (error: Error | null) => (error ? reject(error) : resolve())),
  )

const get = (core: TestCore, index: number) =>
  new Promise((resolve, reject) =>
    core.get(index, (error: Error | null, block: Buffer) => (error ? reject(error) : resolve(block))),
  )

const settled = async () => {
  for (let i = 0; i < 40; i++) await turn()
}

/** What both ends know in the end: all that hypercore goes by. */
async function play({ blocks: count, had = 0, sparse = false, plot = () => {} }: Story) {
  const wire = controllableWire()
  const [a, b] = sessions({ live: true }, { live: true })
  const core = await writer(had || count)
  const copy = reader(core.key, { sparse })
  await ready(copy)
  if (had > 0) {
    const [c, d] = sessions({ live: true }, { live: true })
    c.pipe(d.stream)
    takeAll(d, { make: () => copy })
    await c.share(core).accepted
    await until(() => copy.downloaded(0, had) === had)
    c.destroy()
    await until(() => copy.peers.length === 0)
    await append(
      core,
      Array.from({ length: count - had }, (_, i) => `block ${had + i}`),
    )
  }
  let asked = 0
  core.on('peer-add', (peer: TestCore) => {
    const { onwant } = peer
    peer.onwant = (want: object) => {
      asked++
      onwant.call(peer, want)
    }
  })
  b.on('advertise', (_, accept) => accept(null, sparse ? [{ core: copy, whole: false }] : [copy]))
  a.pipe(wire.a)
  b.pipe(wire.b)
  void a.share(core)
  await plot({ wire, a, b, core, copy })
  const isHere = (index: number) => !core.has(index) || copy.has(index)
  const all = (length: number) => Array.from({ length }, (_, i) => i)
  if (!sparse) await until(() => all(core.length).every(isHere))
  await settled()
  const askedBefore = asked
  // What comes later is announced.
  await append(core, 'later')
  const last = core.length - 1
  if (sparse) await get(copy, last)
  else await until(() => copy.has(last))
  await settled()
  const [peer] = copy.peers
  const length = core.length
  const state = {
    length: copy.length,
    here: all(length).map((i) => copy.has(i)),
    thePeerHas: all(length).map((i) => peer.remoteBitfield.get(i)),
    remoteLength: peer.remoteLength,
    waiting: [peer.inflightWants, peer.inflightRequests.length],
    announces: core.peers[0].remoteWant,
    last: (await blocks(sparse ? core : copy).catch(() => [])).at(-1),
    received: b.stats.blocksReceived,
  }
  a.destroy()
  return { state, asked: askedBefore }
}

const stories: Record<string, Story> = {
  'one block': { blocks: 1 },
  'as many blocks as are requested first': { blocks: 16 },
  'one block more than that': { blocks: 17 },
  'many blocks': { blocks: 300 },
  'a copy that has the first blocks already': { blocks: 5, had: 3 },
  'a copy of which only what is asked for is fetched': {
    blocks: 4,
    sparse: true,
    plot: async ({ copy }) => {
      await until(() => copy.peers.length > 0)
      await get(copy, 2)
    },
  },
  'a feed that grows while its offer is on the way': {
    blocks: 2,
    plot: async ({ wire, core }) => {
      wire.hold('a→b')
      await append(core, ['more', 'and more'])
      await settled()
      wire.flush('a→b')
    },
  },
  'a feed that loses a block while its offer is on the way': {
    blocks: 4,
    plot: async ({ wire, core }) => {
      wire.hold('b→a')
      await clear(core, 1, 2)
      await settled()
      wire.flush('b→a')
      await settled()
    },
  },
  'a feed that is offered in a second namespace when it has grown': {
    blocks: 2,
    plot: async ({ wire, a, core }) => {
      wire.hold('b→a')
      await append(core, 'more')
      void a.share('other', core)
      await settled()
      wire.flush('b→a')
    },
  },
  'a feed that is taken back and offered again': {
    blocks: 3,
    plot: async ({ a, core, copy }) => {
      await until(() => copy.downloaded(0, 3) === 3)
      a.unshare(core)
      await until(() => copy.peers.length === 0)
      await append(core, 'between')
      await a.share(core).accepted
    },
  },
  'a feed that both ends share': {
    blocks: 3,
    plot: async ({ b, copy }) => {
      await b.share(copy).accepted
    },
  },
  'a feed that is not uploaded for a while': {
    blocks: 3,
    plot: async ({ wire, core }) => {
      wire.hold('b→a')
      core.setUploading(false)
      await settled()
      wire.flush('b→a')
      await settled()
      core.setUploading(true)
    },
  },
}

for (const [name, story] of Object.entries(stories))
  test(`both ends know the same, whether the first WANT is said or not: ${name}`, async () => {
    const { state } = await play(story)
    const want = vi.spyOn(ChannelView.prototype, 'want').mockImplementation(ChannelFront.prototype.want)
    try {
      const said = await play(story)
      expect(state).toEqual(said.state)
      expect(said.asked).toBeGreaterThan(0)
    } finally {
      want.mockRestore()
    }
  })

test('a feed that is as it was offered costs no question, and one of many blocks costs one', async () => {
  expect((await play({ blocks: 1 })).asked).toBe(0)
  expect((await play({ blocks: 16 })).asked).toBe(0)
  expect((await play({ blocks: 17 })).asked).toBe(1)
})
