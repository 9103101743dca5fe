import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { openSessions, sessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, takeAll } from '../helpers/sharing.ts'

const live = { live: true }

function offersTo(session: Session, namespace: string | null, log: string[], name = String(namespace)) {
  session.on(namespace, 'advertise', ({ namespace: of, keys }) => {
    log.push(`${name} heard of ${keys.length} in ${of}`)
  })
}

test('a handler hears of offers in its namespace only, one without a namespace of those that have none', async () => {
  const [a, b] = await openSessions(live, live)
  const log: string[] = []
  for (const namespace of [null, 'films', 'books']) offersTo(b, namespace, log)
  const cores = await Promise.all([1, 1, 1].map((n) => writer(n)))
  a.share('films', cores)
  await a.share('music', cores[0]).accepted.catch(() => {})
  a.share(cores[0])
  await happens(b, 'advertise', ({ namespace }) => namespace === null)
  expect(log).toEqual(['films heard of 3 in films', 'null heard of 1 in null'])
  a.destroy()
})

test("'*' hears of every namespace, and of offers without one", async () => {
  const [a, b] = await openSessions(live, live)
  const log: string[] = []
  offersTo(b, '*', log)
  const core = await writer(1)
  a.share('films', core)
  a.share(core)
  a.share('*', core)
  await happens(b, 'advertise', ({ namespace }) => namespace === '*')
  expect(log).toEqual(['* heard of 1 in films', '* heard of 1 in null', '* heard of 1 in *'])
  a.destroy()
})

test('namespace(name) binds share, unshare, update, on, once and off', async () => {
  const [a, b] = await openSessions(live, live)
  const [near, far] = [a.namespace('films'), b.namespace('films')]
  const core = await writer(2)
  const copy = reader(core.key)
  const heard: string[] = []
  const deaf = () => heard.push('deaf')
  far.once('advertise', (_offer, accept) => accept(null, [copy]))
  far.on('withdraw', deaf).off('withdraw', deaf)
  far.on('update', ({ header }) => heard.push(JSON.stringify(header)))
  expect((await near.share([core], [{ title: 1 }]).accepted).map(hex)).toEqual([hex(core)])
  near.update(core, { title: 2 })
  near.unshare(core)
  const [{ namespace }] = await happens(b, 'withdraw')
  expect([namespace, ...heard]).toEqual(['films', '{"title":2}'])
  a.destroy()
})

test('a feed in two namespaces and from both sides is on the stream once', async () => {
  const [a, b] = sessions()
  const core = await writer(30)
  const copy = reader(core.key)
  let channels = 0
  for (const one of [core, copy]) one.on('peer-add', () => channels++)
  for (const namespace of [null, 'films']) {
    a.on(namespace, 'advertise', (_offer, accept) => accept(null, [core]))
    b.on(namespace, 'advertise', (_offer, accept) => accept(null, [copy]))
    a.share(namespace, core)
    b.share(namespace, copy)
  }
  a.pipe(b.stream)
  const report = await b.synced()
  await Promise.all([a.closed, b.closed])
  expect(await blocks(copy)).toEqual(await blocks(core))
  expect(channels).toBe(2)
  expect(a.stats.blocksSent).toBe(30)
  expect(report.feeds.map(({ namespace, direction }) => `${namespace} ${direction}`).sort()).toEqual([
    'films in',
    'films out',
    'null in',
    'null out',
  ])
})

test('once hears of one offer, off of none', async () => {
  const [a, b] = await openSessions(live, live)
  let once = 0
  let never = 0
  const offHandler = () => never++
  const offOnce = () => never++
  b.once('advertise', () => once++)
  b.on('advertise', offHandler).once('advertise', offOnce)
  b.off('advertise', offHandler)
    .off('advertise', offOnce)
    .off('advertise', () => {})
  takeAll(b)
  for (const core of await Promise.all([writer(1), writer(1)])) await a.share(core).accepted
  expect([once, never]).toEqual([1, 0])
  a.destroy()
})

test('the same core has a header of its own in each namespace', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = { films: takeAll(b, { namespace: 'films' }), books: takeAll(b, { namespace: 'books' }) }
  const headers: unknown[] = []
  b.on('*', 'advertise', ({ namespace, headers: [header] }) => headers.push([namespace, header]))
  await a.share('films', core, { of: 'films' }).accepted
  await a.share('books', core, { of: 'books' }).accepted
  expect(headers).toEqual([
    ['films', { of: 'films' }],
    ['books', { of: 'books' }],
  ])
  expect(copyOf(taken.films, core)).toBeDefined()
  a.destroy()
})

test('on takes an event and a handler: ERR_BAD_ARGUMENT', () => {
  const [a] = sessions()
  const bad = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })
  const on = a.on.bind(a) as (...args: unknown[]) => unknown
  expect(() => on('advertise')).toThrow(bad)
  expect(() => on('films', 'advertise', 'no handler')).toThrow(bad)
  a.destroy()
})
