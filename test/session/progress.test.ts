import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Cores } from '../../src/session/cores.ts'
import { Progress } from '../../src/session/progress.ts'
import { Pulse } from '../../src/session/pulse.ts'
import type { Replication } from '../../src/session/replication.ts'
import type { Session } from '../../src/session/session.ts'
import { append, reader, type TestCore, writer } from '../helpers/cores.ts'
import { drive, driveOf } from '../helpers/drives.ts'
import { openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

interface Told {
  key: Buffer
  namespace: string | null
  have: number
  want: number
  bytes: number
}

function progressOf(session: Session): Told[] {
  const told: Told[] = []
  session.on('*', 'progress', (info) => told.push(info))
  return told
}

const bytesOf = (core: TestCore): number => core.byteLength

function expectNeverLess(told: Told[]) {
  for (const [i, one] of told.entries()) {
    const before = told[i - 1]
    if (!before) continue
    for (const name of ['have', 'want', 'bytes'] as const)
      expect(one[name]).toBeGreaterThanOrEqual(before[name])
  }
}

test('progress grows and ends with everything, also where the session ends at once', async () => {
  const [a, b] = sessions()
  const core = await writer(300)
  const told = progressOf(b)
  takeAll(b)
  a.share('none', core)
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expectNeverLess(told)
  const { key, ...last } = told.at(-1) as Told
  expect(last).toEqual({ namespace: null, have: 300, want: 300, bytes: bytesOf(core) })
  expect(hex(key)).toBe(hex(core))
})

test('the side that uploads hears none', async () => {
  const [a, b] = sessions()
  const told = progressOf(a)
  takeAll(b)
  a.share(await writer(30))
  a.pipe(b.stream)
  await outcomes(a, b)
  expect(told).toEqual([])
})

test('a last one comes also when the offer is taken back, and when the session is cut off', async () => {
  for (const stop of ['unshare', 'destroy'] as const) {
    const [a, b] = await openSessions(live, live)
    const core = await writer(400)
    const told = progressOf(b)
    const taken = takeAll(b)
    a.share(core)
    await until(() => (copyOf(taken, core)?.downloaded(0, 400) ?? 0) > 20)
    const over = happens(b, stop === 'unshare' ? 'withdraw' : 'close')
    if (stop === 'unshare') a.unshare(core)
    else b.destroy()
    await over
    expect(told.at(-1)).toMatchObject({ have: copyOf(taken, core).downloaded(0, 400), want: 400 })
    a.destroy()
  }
})

test('it is told in each namespace in which the feed was taken, and counts a drive as a whole', async () => {
  const [a, b] = await openSessions(live, live)
  const original = await drive({ '/a.txt': 'a', '/b.txt': 'b' })
  const copy = driveOf(original.key)
  for (const namespace of ['one', 'two']) takeAll(b, { namespace, make: () => copy })
  const told = progressOf(b)
  await a.share('one', original).accepted
  await b.synced()
  await a.share('two', original).accepted
  const blocks = original.metadata.length + 2
  const isLast = (namespace: string) =>
    told.some((one) => one.namespace === namespace && one.have === blocks && one.want === blocks)
  await until(() => isLast('one') && isLast('two'))
  a.destroy()
})

test('it goes on as the feed grows', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  takeAll(b)
  await a.share(core).accepted
  await happens(b, 'progress', ({ have }) => have === 2)
  await append(core, ['more', 'more'])
  const [{ want }] = await happens(b, 'progress', ({ have }) => have === 4)
  expect(want).toBe(4)
  a.destroy()
})

test('a peer that boasts of a length beyond all bounds costs nothing', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const boast = {
    key: core.key,
    replicate: (...args: unknown[]) => core.replicate(...args),
    feed: inflated(core),
  }
  const told = progressOf(b)
  const copy = reader(core.key, { sparse: true })
  takeAll(b, { make: () => copy })
  await a.share(boast).accepted
  await happens(b, 'progress', ({ have }) => have === 2)
  expect(told.at(-1)).toMatchObject({ have: 2, want: 2 ** 50 })
  expect(b.why(core.key)).toMatchObject({ code: 'replicating', have: 2, want: 2 ** 50 })
  a.destroy()
})

/** The core as it would look with 2 ** 50 blocks. */
function inflated(core: TestCore): TestCore {
  return new Proxy(core, {
    get(target, name) {
      if (name === 'length') return 2 ** 50
      if (name === 'downloaded') return () => 2 ** 50
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('an agreement that ends is told once more, before anything else could tell of it', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const key = Buffer.alloc(32, 1)
  const told: unknown[] = []
  const progress = new Progress(
    { keyOf: () => key } as unknown as Cores,
    (event, namespace, info) => told.push([event, namespace, info]),
    () => true,
  )
  const state = { have: 0, want: 5 }
  const replication = {
    hex: hex(key),
    traffic: { received: 9 },
    download: { target: [5], progress: () => ({ ...state }) },
  } as unknown as Replication
  progress.start(replication, 'one')
  progress.start(replication, 'two')
  vi.runAllTimers()
  const last = (namespace: string, have: number) => [
    'progress',
    namespace,
    { key, namespace, have, want: 5, bytes: 9 },
  ]
  expect(told.splice(0)).toEqual([last('one', 0), last('two', 0)])
  state.have = 3
  progress.finish(replication, 'one')
  expect(told.splice(0)).toEqual([last('one', 3), last('two', 3)])
  state.have = 4
  progress.stop()
  expect(told.splice(0)).toEqual([last('two', 4)])
  progress.touch(replication)
  vi.runAllTimers()
  expect(told).toEqual([])
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a pulse', () => {
  function beating(interval: number) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    vi.setSystemTime(1_000_000)
    const beats: number[] = []
    const pulse = new Pulse(interval, () => beats.push(Date.now() - 1_000_000))
    return { pulse, beats }
  }

  test('beats soon after it was asked, and at most once in its interval', () => {
    const { pulse, beats } = beating(100)
    for (let ms = 0; ms < 1000; ms++) {
      pulse.request()
      vi.advanceTimersByTime(1)
    }
    expect(beats[0]).toBeLessThan(2)
    expect(beats.filter((beat) => beat < 1000).length).toBeLessThanOrEqual(10)
    for (const [i, beat] of beats.entries())
      if (i > 0) expect(beat - (beats[i - 1] as number)).toBeGreaterThanOrEqual(100)
  })

  test('never forgets the last request, and beats for no other reason', () => {
    const { pulse, beats } = beating(100)
    pulse.request()
    vi.advanceTimersByTime(10)
    pulse.request()
    vi.advanceTimersByTime(10_000)
    expect(beats).toEqual([0, 100])
  })

  test('goes on when the clock is set back', () => {
    const { pulse, beats } = beating(100)
    pulse.request()
    vi.advanceTimersByTime(1)
    vi.setSystemTime(0)
    pulse.request()
    vi.advanceTimersByTime(100)
    expect(beats).toHaveLength(2)
  })

  test('stops', () => {
    const { pulse, beats } = beating(100)
    pulse.request()
    pulse.stop()
    pulse.request()
    vi.advanceTimersByTime(1000)
    expect(beats).toEqual([])
  })
})
