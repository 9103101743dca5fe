import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { reader, ready, writer } from '../helpers/cores.ts'
import { openSessions, sessions } from '../helpers/sessions.ts'
import { faultyMemory, happens, hex, nextOffer, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

test('it says one plain sentence, with the key, for a feed in any form', async () => {
  const [a] = await openSessions(live, live)
  const core = await writer(1)
  const answer = {
    code: 'not-offered',
    message: 'Neither side has offered this feed.',
    key: core.key,
    namespace: null,
  }
  expect(a.why(core.key)).toEqual(answer)
  expect(a.why(hex(core))).toEqual(answer)
  expect(() => a.why('short')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('not connected: before the session is open, and after its end', async () => {
  const [a, b] = sessions(live, live)
  const core = await writer(1)
  a.share(core)
  expect(a.why(core.key).code).toBe('not-connected')
  a.pipe(b.stream)
  await a.opened
  a.end()
  await a.closed
  expect(a.why(core.key).code).toBe('not-connected')
})

test('waiting for a core that opens, at both ends, and for the answer', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  let open = () => {}
  const slow = {
    key: core.key,
    ready: (done: () => void) => {
      open = () => core.ready(done)
    },
    replicate: core.replicate.bind(core),
  }
  a.share(slow)
  expect(a.why(core.key).code).toBe('waiting-for-core')
  const offered = nextOffer(b)
  open()
  const { accept } = await offered
  expect([a.why(core.key).code, b.why(core.key).code]).toEqual(['waiting-for-answer', 'waiting-for-answer'])
  accept(null, [])
  await until(() => a.why(core.key).code === 'declined')
  expect(b.why(core.key).code).toBe('declined')
})

test('why it was declined: no handler, too late, a handler that threw', async () => {
  const [a, b] = await openSessions(live, { ...live, acceptTimeout: 50 })
  const cores = await Promise.all([writer(1), writer(1), writer(1)])
  b.on('late', 'advertise', () => {})
  b.on('broken', 'advertise', () => {
    throw new Error('oh')
  })
  const namespaces = ['nobody', 'late', 'broken']
  await Promise.all(cores.map((core, i) => a.share(namespaces[i] as string, core).accepted))
  const codes = ['no-handler', 'accept-timeout', 'handler-failed']
  expect(cores.map((core) => a.why(core.key))).toMatchObject(
    codes.map((code, i) => ({ code, namespace: namespaces[i] })),
  )
  expect(cores.map((core) => b.why(core.key).code)).toEqual(codes)
})

test('over the limit of the peer', async () => {
  const [a, b] = await openSessions(live, { ...live, limits: { headerBytes: 100 } })
  takeAll(b)
  const core = await writer(1)
  const problem = happens(a, 'problem')
  expect(await a.share(core, { text: 'x'.repeat(200) }).accepted).toEqual([])
  expect((await problem)[0].code).toBe('ERR_OFFER_TOO_LARGE')
  expect([a.why(core.key).code, b.why(core.key).code]).toEqual(['over-limit', 'not-offered'])
})

test('replicating and synced, with blocks had and wanted', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(4)
  b.on('advertise', (offer, accept) =>
    accept(null, [reader(offer.keys[0] as Buffer, { downloading: false })]),
  )
  await a.share(core).accepted
  expect(a.why(core.key)).toMatchObject({ code: 'replicating', have: 0, want: 4 })
  await until(() => b.why(core.key).code === 'replicating')
  expect(b.why(core.key)).toMatchObject({ have: 0, want: 4 })
  const [c, d] = await openSessions(live, live)
  takeAll(d)
  await c.share(core).accepted
  await Promise.all([c.synced(), d.synced()])
  for (const session of [c, d])
    expect(session.why(core.key)).toMatchObject({ code: 'synced', have: 4, want: 4 })
})

test('a core that failed or was closed, at both ends', async () => {
  const [a, b] = await openSessions(live, live)
  const [failing, closing] = await Promise.all([writer(1), writer(1)])
  b.on('advertise', (offer, accept) =>
    accept(
      null,
      offer.keys.map((key) =>
        hypercore(faultyMemory(hex(key) === hex(failing) ? { write: new Error('full') } : {}), key),
      ),
    ),
  )
  await a.share([failing, closing]).accepted
  await until(() => a.why(failing.key).code === 'core-failed' && b.why(failing.key).code === 'core-failed')
  await ready(closing)
  await new Promise((resolve) => closing.close(resolve))
  await until(() => a.why(closing.key).code === 'core-closed' && b.why(closing.key).code === 'core-closed')
})
