import hypercore from 'hypercore'
import { describe, expect, test } from 'vitest'
import type { Accept } from '../../src/session/accept.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { Session } from '../../src/session/session.ts'
import { blocks, memory, reader, ready, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, sessions, uncaughtErrors } from '../helpers/sessions.ts'
import { faultyMemory, happens, hex, nextOffer, problemsOf, takeAll } from '../helpers/sharing.ts'

const live = { live: true }

/** Two open sessions, and an offer of `count` cores of the first that the second has not answered. */
async function offered(count = 1, options: SessionOptions = {}) {
  const [a, b] = await openSessions(live, { ...live, ...options })
  const cores: TestCore[] = await Promise.all(Array.from({ length: count }, () => writer(3)))
  const next = nextOffer(b)
  const share = a.share(cores)
  const { offer, accept } = await next
  return { a, b, cores, share, offer, accept, problems: problemsOf(b) }
}

test('without a handler an offer is declined, and both sides can say why', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  expect(await a.share('films', core).accepted).toEqual([])
  for (const session of [a, b]) {
    expect(session.why(core.key)).toMatchObject({ code: 'no-handler', namespace: 'films' })
  }
  a.destroy()
})

test('every handler of an offer is asked, and the first valid call counts', async () => {
  const [a, b] = await openSessions(live, live)
  const cores = await Promise.all([writer(1), writer(1)])
  const asked: string[] = []
  b.on('advertise', () => {
    asked.push('silent')
  })
  b.on('advertise', ({ keys }, accept) => {
    asked.push('first')
    accept(null, [reader(keys[0] as Buffer)])
  })
  b.on('advertise', ({ keys }, accept) => {
    asked.push('second')
    accept(null, [reader(keys[1] as Buffer)])
    accept(new Error('too late to refuse'))
  })
  expect((await a.share(cores).accepted).map(hex)).toEqual([hex(cores[0])])
  expect(asked).toEqual(['silent', 'first', 'second'])
  a.destroy()
})

describe('a handler that fails', () => {
  const failing: Record<string, (accept: Accept) => unknown> = {
    throws: () => {
      throw new Error('oh')
    },
    rejects: async () => {
      throw new Error('oh')
    },
    'gives a thenable that rejects': () => ({
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library.
      then: (_: unknown, reject: (e: Error) => void) => reject(new Error('oh')),
    }),
  }
  for (const [name, handler] of Object.entries(failing)) {
    test(`that ${name} declines its page, which is a problem`, async () => {
      const [a, b] = await openSessions(live, live)
      const problems = problemsOf(b)
      b.on('films', 'advertise', (_offer, accept) => handler(accept))
      const core = await writer(1)
      expect(await a.share('films', core).accepted).toEqual([])
      expect(problems).toEqual([{ code: 'ERR_ACCEPT_FAILED', namespace: 'films' }])
      expect([a.why(core.key).code, b.why(core.key).code]).toEqual(['handler-failed', 'handler-failed'])
      a.destroy()
    })
  }

  test('that throws after it has answered does not take the answer back', async () => {
    const [a, b] = await openSessions(live, live)
    const problems = problemsOf(b)
    b.on('advertise', ({ keys }, accept) => {
      accept(
        null,
        keys.map((key) => reader(key)),
      )
      throw new Error('oh')
    })
    expect(await a.share(await writer(1)).accepted).toHaveLength(1)
    expect(problems).toEqual([{ code: 'ERR_ACCEPT_FAILED', namespace: null }])
    a.destroy()
  })
})

test('an offer that nobody answers within acceptTimeout is declined', async () => {
  const { a, b, cores, share, accept, offer, problems } = await offered(1, { acceptTimeout: 30 })
  expect(await share.accepted).toEqual([])
  expect(problems).toEqual([{ code: 'ERR_ACCEPT_TIMEOUT', namespace: null }])
  expect([a, b].map((session) => session.why(cores[0].key).code)).toEqual([
    'accept-timeout',
    'accept-timeout',
  ])
  accept(null, [reader(offer.keys[0] as Buffer)])
  expect(b.why(cores[0].key).code).toBe('accept-timeout')
  a.destroy()
})

test('a core that was not offered: ERR_NOT_OFFERED at once, and the call does not count', async () => {
  const { a, share, offer, accept } = await offered()
  const foreign = await writer(1)
  const error = expect.objectContaining({
    code: 'ERR_NOT_OFFERED',
    message: expect.stringContaining(hex(foreign)),
  })
  expect(() => accept(null, [foreign])).toThrow(error)
  expect(() => accept(null, [{ core: foreign, whole: true }])).toThrow(error)
  for (const wrong of [[{}], [null], ['core'], 'core']) {
    expect(() => accept(null, wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  }
  accept(null, [reader(offer.keys[0] as Buffer)])
  expect(await share.accepted).toHaveLength(1)
  a.destroy()
})

test('a key that is not known yet is awaited', async () => {
  const { a, b, cores, share, accept } = await offered()
  const core = hypercore(memory, { key: null })
  const late = {
    key: null as Buffer | null,
    ready(done: () => void) {
      queueMicrotask(() => {
        this.key = cores[0].key
        done()
      })
    },
    replicate() {},
  }
  accept(null, [late])
  expect((await share.accepted).map(hex)).toEqual([hex(cores[0])])
  expect(b.why(cores[0].key).code).toBe('replicating')
  await ready(core)
  a.destroy()
})

test('a foreign key that shows late declines the whole page', async () => {
  const { a, b, cores, share, accept, offer, problems } = await offered(2)
  accept(null, [reader(offer.keys[0] as Buffer), hypercore(memory)])
  expect(await share.accepted).toEqual([])
  expect(problems).toEqual([{ code: 'ERR_NOT_OFFERED', namespace: null }])
  expect(b.why(cores[0].key).code).toBe('handler-failed')
  a.destroy()
})

test('a core that fails before its key is known costs itself, and never the process', async () => {
  const uncaught = uncaughtErrors()
  const { a, b, cores, share, accept, offer, problems } = await offered(2)
  const broken = hypercore(faultyMemory({ open: new Error('disk on fire') }, 'key'))
  accept(null, [broken, reader(offer.keys[1] as Buffer)])
  expect((await share.accepted).map(hex)).toEqual([hex(cores[1])])
  expect(problems).toEqual([{ code: 'ERR_CORE_FAILED', namespace: null }])
  a.destroy()
  await b.closed.catch(() => {})
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

describe('options of a core that is taken', () => {
  async function taking(options: object, core: TestCore): Promise<[Session, Session, TestCore]> {
    const [a, b] = await openSessions(live, live)
    b.on('advertise', ({ keys }, accept) => {
      copy = reader(keys[0] as Buffer, { sparse: true })
      accept(null, [{ core: copy, ...options }])
    })
    let copy: TestCore
    const open = happens(b, 'replicate')
    await a.share(core).accepted
    await open
    return [a, b, copy]
  }

  test('whole is the default: a sparse core is fetched whole', async () => {
    const core = await writer(40)
    const [a, b, copy] = await taking({}, core)
    await b.synced()
    expect(await blocks(copy)).toEqual(await blocks(core))
    a.destroy()
  })

  test('whole: false fetches only what is asked for', async () => {
    const core = await writer(40)
    const [a, b, copy] = await taking({ whole: false }, core)
    const block = await new Promise((resolve) =>
      copy.get(7, (_: unknown, data: Buffer) => resolve(String(data))),
    )
    expect(block).toBe('block 7')
    await b.synced()
    expect(copy.downloaded(0, 40)).toBe(1)
    expect(a.stats.blocksSent).toBe(1)
    a.destroy()
  })

  test('download: false takes nothing', async () => {
    const core = await writer(5)
    const [a, b, copy] = await taking({ download: false }, core)
    await b.synced()
    await ready(copy)
    expect([copy.downloaded(0, 5), a.stats.blocksSent]).toEqual([0, 0])
    a.destroy()
  })

  test('upload: false gives nothing, maxRequests bounds what is asked for at a time', async () => {
    const core = await writer(5)
    const [a, b, copy] = await taking({ upload: false, maxRequests: 3 }, core)
    await b.synced()
    expect(copy.peers).toMatchObject([{ uploading: false, downloading: true, maxRequests: 3 }])
    a.destroy()
  })

  test('they hold also where the channel is open already, for the other direction', async () => {
    const [a, b] = await openSessions(live, live)
    const core = await writer(5)
    const copy = reader(core.key)
    takeAll(a, { make: () => core })
    await b.share(copy).accepted
    b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, maxRequests: 2 }]))
    await a.share(core).accepted
    await b.synced()
    expect(copy.peers).toMatchObject([{ maxRequests: 2 }])
    expect(await blocks(copy)).toEqual(await blocks(core))
    a.destroy()
  })
})

describe('accept(err)', () => {
  test('ends this side with the error itself and the peer with its code and message', async () => {
    const { a, b, accept } = await offered()
    const error = Object.assign(new Error('No room left.'), { code: 'ENOSPC' })
    const streamError = new Promise((resolve) => b.stream.on('error', resolve))
    const close = happens(b, 'close')
    accept(error)
    await expect(b.closed).rejects.toBe(error)
    expect(await streamError).toBe(error)
    expect(await close).toEqual([error])
    await expect(a.closed).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      reason: { code: 'ENOSPC', message: 'No room left.' },
    })
  })

  test('works with an error that has no code, from within the handler', async () => {
    const [a, b] = sessions()
    const error = new Error('Go away.')
    b.on('advertise', (_offer, accept) => accept(error))
    a.share(await writer(1))
    a.pipe(b.stream)
    await expect(b.closed).rejects.toBe(error)
    await expect(a.closed).rejects.toMatchObject({ reason: { message: 'Go away.' } })
  })
})

test('an offer is frozen all the way down, and its headers have no prototype', async () => {
  const [a, b] = await openSessions(live, live)
  const next = nextOffer(b)
  a.share(await writer(1), { list: [{ deep: true }] })
  const { offer } = await next
  const header = offer.headers[0] as { list: [{ deep: boolean }] }
  const frozen = [offer, offer.keys, offer.headers, header, header.list, header.list[0]]
  expect(frozen.every((part) => Object.isFrozen(part))).toBe(true)
  expect(Object.isFrozen(offer.keys[0])).toBe(false)
  expect([header, header.list[0]].map(Object.getPrototypeOf)).toEqual([null, null])
  a.destroy()
})
