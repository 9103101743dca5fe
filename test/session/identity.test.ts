import hypercore from 'hypercore'
import ram from 'random-access-memory'
import { expect, test } from 'vitest'
import { knownCore } from '../../src/session/known-cores.ts'
import { reader, ready, writer } from '../helpers/cores.ts'
import { collected } from '../helpers/garbage.ts'
import { openSessions, sessions } from '../helpers/sessions.ts'
import { happens, nextOffer, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** A storage that keeps what was written: a core that opens it again takes its key from there. */
function persistent(): (name: string) => unknown {
  const files = new Map<string, unknown>()
  return (name) => {
    const file = files.get(name) ?? new ram({ pageSize: 4096 })
    files.set(name, file)
    return file
  }
}

test('the offered key of a core that this session shares is its own Buffer', async () => {
  const [a, b] = sessions(live, live)
  const core = await writer(1)
  const copy = reader(core.key)
  b.share(copy)
  a.share(core)
  const [fromA, fromB] = [nextOffer(b), nextOffer(a)]
  a.pipe(b.stream)
  expect((await fromA).offer.keys[0]).toBe(copy.key)
  expect((await fromB).offer.keys[0]).toBe(core.key)
  a.destroy()
})

test('so it is for a core whose key is replaced when it opens', async () => {
  const storage = persistent()
  const first = hypercore(storage)
  await ready(first)
  const [a, b] = sessions(live, live)
  const given = Buffer.from(first.key)
  const again = hypercore(storage, given)
  b.share(again)
  a.share(await writer(1))
  a.share(first)
  const offered = new Promise<Buffer>((resolve) => {
    b.on('advertise', ({ keys }) => {
      const key = keys.find((one) => one.equals(given))
      if (key) resolve(key)
    })
  })
  a.pipe(b.stream)
  const key = await offered
  expect(again.key).not.toBe(given)
  expect(key).toBe(again.key)
  a.destroy()
})

test('an offer waits until every core that was shared before it came is open', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  let open = () => {}
  const slow = { key: Buffer.alloc(32, 5), ready: (done: () => void) => (open = done), replicate() {} }
  b.share(slow)
  let asked = false
  const offer = nextOffer(b).then(() => {
    asked = true
  })
  a.share(core)
  await until(() => b.why(core.key).code === 'waiting-for-core')
  expect(asked).toBe(false)
  open()
  await offer
  a.destroy()
})

test('the key of a core of another session is handed out as that core has it', async () => {
  const core = await writer(1)
  const copy = reader(Buffer.from(core.key))
  const [a, b] = await openSessions(live, live)
  takeAll(b, { make: () => copy })
  await a.share(core).accepted
  const [c, d] = await openSessions(live, live)
  const offered = nextOffer(d)
  c.share(core)
  expect((await offered).offer.keys[0]).toBe(copy.key)
  for (const session of [a, c]) session.destroy()
})

test('a core that was closed gives its place to a newer one of the same key', async () => {
  const source = await writer(1)
  const [a, b] = await openSessions(live, live)
  const old = reader(source.key)
  takeAll(b, { make: () => old })
  await a.share({ key: Buffer.from(source.key), replicate() {} }).accepted
  await ready(old)
  const [c, d] = await openSessions(live, live)
  await new Promise((resolve) => old.close(resolve))
  const fresh = reader(Buffer.from(source.key))
  d.share(fresh)
  const offered = nextOffer(d)
  c.share({ key: Buffer.from(source.key), replicate() {} })
  expect((await offered).offer.keys[0]).toBe(fresh.key)
  for (const session of [a, c]) session.destroy()
})

test('every event names a feed by the key of its core', async () => {
  const [a, b] = sessions()
  const core = await writer(2)
  const copy = reader(Buffer.from(core.key))
  takeAll(b, { make: () => copy })
  const events = [happens(b, 'replicate'), happens(b, 'sync'), happens(b, 'progress')] as const
  const atA = happens(a, 'sync')
  const share = a.share(core)
  a.pipe(b.stream)
  const [[, { key: replicated }], [synced], [{ key: progressed }]] = await Promise.all(events)
  expect([replicated, synced, progressed].map((key) => key === copy.key)).toEqual([true, true, true])
  expect((await atA)[0]).toBe(core.key)
  expect((await share.accepted)[0]).toBe(core.key)
  expect(b.why(core.key).key).toBe(copy.key)
  await Promise.all([a.closed, b.closed])
})

test('cores of other sessions are held weakly', async () => {
  const key = Buffer.alloc(32, 9)
  const shareAndForget = async () => {
    const [a] = await openSessions(live, live)
    const core = { key: Buffer.from(key), replicate() {} }
    await a.share(core).accepted
    expect(knownCore(key.toString('hex'))).toBe(core)
    a.destroy()
    await a.closed
    return new WeakRef(core)
  }
  const ref = await shareAndForget()
  await collected(ref)
  expect(knownCore(key.toString('hex'))).toBeUndefined()
})
