import { describe, expect, test } from 'vitest'
import type { SessionEvents } from '../../src/session/events.ts'
import { append, reader, writer } from '../helpers/cores.ts'
import { openSessions, sessions, uncaughtErrors } from '../helpers/sessions.ts'
import { happens, hex, problemsOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

test('replicate comes once an agreement, on both sides, with its namespace and direction', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const copy = reader(core.key)
  const log: unknown[] = []
  for (const [name, session] of Object.entries({ a, b })) {
    session.on('*', 'replicate', (one, { key, namespace, direction }) => {
      log.push([name, one === core ? 'core' : 'copy', hex(key) === hex(core), namespace, direction])
    })
  }
  for (const namespace of [null, 'films']) {
    takeAll(b, { namespace, make: () => copy })
    await a.share(namespace, core).accepted
  }
  expect(log).toEqual([
    ['b', 'copy', true, null, 'in'],
    ['a', 'core', true, null, 'out'],
    ['b', 'copy', true, 'films', 'in'],
    ['a', 'core', true, 'films', 'out'],
  ])
  a.destroy()
})

test('update brings a new header, in its namespace only', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  takeAll(b)
  takeAll(b, { namespace: 'films' })
  await Promise.all([a.share(core).accepted, a.share('films', core).accepted])
  const log: unknown[] = []
  b.on('films', 'update', ({ key, namespace, header }) => log.push([hex(key), namespace, header]))
  b.on('update', () => log.push('no'))
  a.update('films', core, { title: 'two' })
  await happens(b, 'update')
  expect(log).toEqual([[hex(core), 'films', { title: 'two' }]])
  a.destroy()
})

test('update of a core that is not open: ERR_BAD_ARGUMENT; a bad header: ERR_BAD_HEADER', async () => {
  const [a] = sessions()
  const core = await writer(1)
  expect(() => a.update({ replicate() {} }, {})).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }),
  )
  expect(() => a.update(core, 1 as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_HEADER' }))
  a.update(core, {})
  a.destroy()
})

test('withdraw comes for each core that is taken back', async () => {
  const [a, b] = await openSessions(live, live)
  const cores = await Promise.all([1, 1, 1].map((n) => writer(n)))
  takeAll(b, { namespace: 'films' })
  await a.share('films', cores).accepted
  const log: string[] = []
  b.on('films', 'withdraw', ({ key, namespace }) => log.push(`${namespace} ${hex(key)}`))
  a.unshare('films', cores.slice(0, 2))
  await happens(b, 'withdraw', ({ key }) => hex(key) === hex(cores[1]))
  expect(log).toEqual(cores.slice(0, 2).map((core) => `films ${hex(core)}`))
  a.destroy()
})

test('sync comes each time that a feed becomes caught up', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  takeAll(b)
  let synced = happens(b, 'sync')
  await a.share(core).accepted
  expect(hex((await synced)[0])).toBe(hex(core))
  for (const session of [b, a]) {
    synced = happens(session, 'sync')
    await append(core, 'more')
    await synced
  }
  a.destroy()
})

describe('a handler that fails is a problem, and costs nobody else', () => {
  const names = ['open', 'replicate', 'progress', 'sync', 'update', 'withdraw', 'close'] as const
  const failures = {
    throws: () => {
      throw new Error('oh')
    },
    rejects: async () => {
      throw new Error('oh')
    },
  }
  for (const [how, fail] of Object.entries(failures)) {
    for (const name of names) {
      test(`${name} ${how}`, async () => {
        const uncaught = uncaughtErrors()
        const [a, b] = sessions(live, live)
        const core = await writer(2)
        const problems = problemsOf(b)
        b.on('*', name, fail as SessionEvents[typeof name])
        const heard = happens(b, name)
        const taken = takeAll(b)
        a.pipe(b.stream)
        await a.share(core).accepted
        await b.synced()
        a.update(core, { title: 2 })
        a.unshare(core)
        await happens(b, 'withdraw')
        a.end()
        await heard
        await b.closed
        uncaught.stop()
        expect(uncaught.errors).toEqual([])
        // Whoever hears of the close hears of nothing after it.
        if (name !== 'close' || how === 'throws') expect(problems[0]?.code).toBe('ERR_HANDLER_FAILED')
        expect(taken.size).toBe(1)
      })
    }

    test(`problem ${how}`, async () => {
      const uncaught = uncaughtErrors()
      const [a, b] = await openSessions(live, live)
      b.on('problem', fail)
      const problems = problemsOf(b)
      b.on('advertise', fail)
      b.on('sync', fail)
      expect(await a.share(await writer(1)).accepted).toEqual([])
      await until(() => problems.length === 1)
      a.end()
      await b.closed
      uncaught.stop()
      expect(uncaught.errors).toEqual([])
    })
  }
})

test('close comes once, after the last other event, with the error if there is one', async () => {
  const [a, b] = await openSessions(live, live)
  const log: unknown[] = []
  a.on('close', (...args) => log.push(['a', ...args]))
  b.on('close', (...args) => log.push(['b', ...args]))
  const error = new Error('enough')
  a.destroy(error)
  a.destroy()
  await expect(a.closed).rejects.toBe(error)
  await b.closed.catch(() => {})
  expect(log.map((entry) => (entry as unknown[]).slice(0, 2))).toEqual([
    ['a', error],
    ['b', expect.any(Error)],
  ])
})

test('nothing that a session promises becomes an unhandled rejection', async () => {
  const uncaught = uncaughtErrors()
  const [a, b] = await openSessions(live, live)
  a.share({ key: Buffer.alloc(32), ready() {}, replicate() {} })
  a.synced()
  a.synced({ keys: [Buffer.alloc(32)] })
  a.synced({ timeout: 1 })
  b.destroy(new Error('enough'))
  await a.closed.catch(() => {})
  a.synced()
  a.share(await writer(1))
  await new Promise((resolve) => setImmediate(resolve))
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})
