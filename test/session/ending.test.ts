import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { writer } from '../helpers/cores.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import {
  encryptionKey,
  openSessions,
  outcome,
  outcomes,
  sessions,
  socketPair,
  turn,
  uncaughtErrors,
} from '../helpers/sessions.ts'

const live = { live: true }
let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(() => {
  uncaught = uncaughtErrors()
})

afterEach(async () => {
  await turn()
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

describe('end()', () => {
  test('at one side ends both, without an error', async () => {
    const [a, b] = await openSessions(live, live)
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  })

  test('at both sides at once ends both, without an error', async () => {
    const [a, b] = await openSessions(live, live)
    a.end()
    b.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  })

  test('at both sides while the goodbyes cross on the wire', async () => {
    const wire = controllableWire()
    const [a, b] = sessions(live, live)
    a.pipe(wire.a)
    b.pipe(wire.b)
    await Promise.all([a.opened, b.opened])
    wire.hold('a→b')
    wire.hold('b→a')
    a.end()
    b.end()
    await turn()
    wire.flush('a→b')
    await turn()
    wire.flush('b→a')
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  })

  test('may be called again and again, also after the end', async () => {
    const [a, b] = await openSessions(live, live)
    a.end()
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    a.end()
    a.destroy()
    a.destroy(new Error('Too late.'))
    expect(await outcome(a)).toBe('clean')
  })

  test('lets what was sent before arrive first', async () => {
    const [a, b] = await openSessions(live, live)
    const got: string[] = []
    b.registerExtension<string>('app', { encoding: 'utf-8', onmessage: (text) => void got.push(text) })
    const extension = a.registerExtension<string>('app', { encoding: 'utf-8' })
    for (let n = 0; n < 100; n++) extension.send(`message ${n}`)
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(got).toHaveLength(100)
  })

  test('waits for the goodbye of the peer: a connection that is cut before it is ERR_TRUNCATED', async () => {
    const wire = controllableWire()
    const [a, b] = sessions(live, live)
    a.pipe(wire.a)
    b.pipe(wire.b)
    await Promise.all([a.opened, b.opened])
    wire.hold('b→a')
    a.end()
    expect(await outcome(b).then(() => 'over', String)).toBe('over')
    wire.cut()
    expect(await outcome(a)).toBe('ERR_TRUNCATED')
  })

  test('with a peer that never says goodbye and goes silent: ERR_TIMEOUT', async () => {
    const session = replic8(encryptionKey, { initiator: false, live: true, timeout: 200 })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.greet()
    await session.opened
    session.end()
    expect(await outcome(session)).toBe('ERR_TIMEOUT')
  })
})

describe('a goodbye', () => {
  const greeted = async () => {
    const session = replic8(encryptionKey, { initiator: false, live: true })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.greet()
    await session.opened
    return { session, peer }
  }

  test('is answered by one, and nothing comes after it', async () => {
    const { session, peer } = await greeted()
    peer.send({ type: 'bye', code: '', message: '' })
    expect(await peer.heard('bye')).toEqual({ type: 'bye', code: '', message: '' })
    peer.stream.end()
    expect(await outcome(session)).toBe('clean')
    expect(peer.received.at(-1)?.type).toBe('bye')
    expect(peer.received.filter(({ type }) => type === 'bye')).toHaveLength(1)
  })

  test('with a code gives ERR_PEER_REFUSED, with the reason as it came', async () => {
    const { session, peer } = await greeted()
    peer.send({ type: 'bye', code: 'ERR_WHATEVER', message: '<b>No room.</b>' })
    await expect(session.closed).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      reason: { code: 'ERR_WHATEVER', message: '<b>No room.</b>' },
    })
  })

  test('that comes twice: ERR_PROTOCOL, or no more is read', async () => {
    const { session, peer } = await greeted()
    peer.send({ type: 'bye', code: '', message: '' })
    peer.send({ type: 'bye', code: '', message: '' })
    expect(await outcome(session)).toMatch(/^(clean|ERR_PROTOCOL)$/)
  })

  test('and then a closed control channel changes nothing', async () => {
    const { session, peer } = await greeted()
    peer.send({ type: 'bye', code: '', message: '' })
    peer.control.close()
    peer.stream.end()
    expect(await outcome(session)).toBe('clean')
  })

  test('that is missing: a closed control channel is ERR_PROTOCOL', async () => {
    const { session, peer } = await greeted()
    peer.control.close()
    expect(await outcome(session)).toBe('ERR_PROTOCOL')
  })
})

describe('a session that is refused', () => {
  test('tells the reason over TCP while the peer has much that nobody has read yet', async () => {
    const core = await writer([Buffer.alloc(10)])
    const [near, far] = await socketPair()
    const [a, b] = sessions(live, live)
    a.share([core])
    const flood = a.registerExtension('flood')
    b.on('advertise', (_offer, accept) => {
      for (let n = 0; n < 100; n++) flood.send(Buffer.alloc(100_000))
      setImmediate(() => accept(Object.assign(new Error('I know you.'), { code: 'ERR_BANNED' })))
    })
    a.pipe(near)
    b.pipe(far)
    await expect(a.closed).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      reason: { code: 'ERR_BANNED', message: 'I know you.' },
    })
    await expect(b.closed).rejects.toMatchObject({ code: 'ERR_BANNED' })
  })

  test('tells a reason of any length and kind, cut where it is too long', async () => {
    const reasons = [
      Object.assign(new Error('x'.repeat(10_000)), { code: 'C'.repeat(500) }),
      Object.assign(new Error('é'.repeat(5000)), { code: '🌱'.repeat(50) }),
      Object.assign(new Error(''), { code: 5 }),
      new Error('\ud800'),
    ]
    for (const reason of reasons) {
      const [a, b] = sessions()
      a.share([await writer(1)])
      b.on('advertise', (_offer, accept) => accept(reason))
      a.pipe(b.stream)
      await expect(a.closed).rejects.toMatchObject({ code: 'ERR_PEER_REFUSED' })
      await expect(b.closed).rejects.toBe(reason)
    }
  })

  test('ends even when the peer takes nothing any more', async () => {
    const wire = controllableWire()
    const [a, b] = sessions(live, live)
    a.pipe(wire.a)
    b.pipe(wire.b)
    await Promise.all([a.opened, b.opened])
    a.share([await writer(1)])
    b.on('advertise', (_offer, accept) => {
      wire.pause('b→a')
      accept(new Error('No.'))
    })
    await expect(b.closed).rejects.toThrow('No.')
    a.destroy()
  })
})

describe('destroy()', () => {
  test('without an error: closed resolves here, the peer hears no goodbye', async () => {
    const [a, b] = await openSessions(live, live)
    a.destroy()
    expect(await outcomes(a, b)).toEqual(['clean', 'ERR_TRUNCATED'])
  })

  test('before anything was piped', async () => {
    const a = replic8(encryptionKey)
    a.destroy()
    expect(await outcome(a)).toBe('clean')
    await expect(a.opened).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    const error = new Error('Enough.')
    const b = replic8(encryptionKey)
    b.destroy(error)
    await expect(b.closed).rejects.toBe(error)
    await expect(b.opened).rejects.toBe(error)
  })

  test('from within every event', async () => {
    for (const event of ['open', 'advertise', 'replicate', 'sync', 'close'] as const) {
      const core = await writer(2)
      const [a, b] = sessions()
      a.share([core])
      let heard = false
      if (event !== 'advertise') b.on('advertise', (_offer, accept) => accept(null, [core]))
      b.on(event, () => {
        heard = true
        b.destroy()
      })
      a.pipe(b.stream)
      expect(await outcome(b)).toBe('clean')
      expect(heard).toBe(true)
      a.destroy()
    }
  })

  test('of the raw stream ends the session with the cause', async () => {
    const [a, b] = await openSessions(live, live)
    const cause = new Error('Torn out.')
    a.stream.destroy(cause)
    await expect(a.closed).rejects.toMatchObject({ code: 'ERR_STREAM', cause })
    expect(await outcome(b)).toBe('ERR_TRUNCATED')
  })
})

test("'close' comes once, with the error if there is one, and closes come last", async () => {
  for (const error of [null, new Error('Enough.')]) {
    const [a, b] = await openSessions(live, live)
    const events: unknown[][] = []
    a.on('close', (...args) => void events.push(args))
    if (error) a.destroy(error)
    else a.end()
    await outcomes(a, b)
    await turn()
    expect(events).toEqual([error ? [error] : []])
  }
})

test('promises that nobody looks at reject nowhere', async () => {
  const session = replic8(encryptionKey)
  const { accepted } = session.share([await writer(1)])
  void session.synced()
  session.destroy(new Error('Enough.'))
  await outcome(session)
  await expect(accepted).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await expect(session.share([await writer(1)]).accepted).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})
