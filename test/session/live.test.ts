import { expect, test } from 'vitest'
import { append, blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, outcomes, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

test.each([
  [live, {}],
  [{}, live],
  [live, live],
])('a session of which an end is live stays open when all is done', async (near, far) => {
  const [a, b] = await openSessions(near, far)
  const core = await writer(3)
  takeAll(b)
  await a.share(core).accepted
  await Promise.all([a.synced(), b.synced()])
  for (let i = 0; i < 20; i++) await turn()
  expect([a, b].map((session) => session.why(core.key).code)).toEqual(['synced', 'synced'])
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('what is appended later arrives, from both sides', async () => {
  const [a, b] = await openSessions(live, live)
  const [one, two] = [await writer(1), await writer(0)]
  const [atB, atA] = [takeAll(b), takeAll(a)]
  await Promise.all([a.share(one).accepted, b.share(two).accepted])
  for (let i = 1; i <= 20; i++) {
    await Promise.all([append(one, `one ${i}`), append(two, [`two ${i}`, 'and'])])
    await until(() => copyOf(atB, one).downloaded(0, i + 1) === i + 1)
    await until(() => copyOf(atA, two).downloaded(0, 2 * i) === 2 * i)
  }
  expect(await blocks(copyOf(atB, one))).toEqual(await blocks(one))
  expect(await blocks(copyOf(atA, two))).toEqual(await blocks(two))
  a.destroy()
})

test('a sparse core is fetched as it grows', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(5)
  const copy = reader(core.key, { sparse: true })
  takeAll(b, { make: () => copy })
  await a.share(core).accepted
  await append(core, ['more', 'and more'])
  await until(() => copy.downloaded(0, 7) === 7)
  a.destroy()
})

test('a feed is forwarded while it arrives, and as it grows', async () => {
  const [a, b] = await openSessions(live, live)
  const [b2, c] = await openSessions(live, live)
  const core = await writer(3)
  const copies: TestCore[] = []
  b.on('advertise', ({ keys }, accept) => {
    const copy = reader(keys[0] as Buffer)
    copies.push(copy)
    b2.share('forwarded', copy, { by: 'b' })
    accept(null, [copy])
  })
  c.on('forwarded', 'advertise', ({ keys }, accept) => {
    copies.push(reader(Buffer.from(keys[0] as Buffer)))
    accept(null, copies.slice(1))
  })
  await a.share(core).accepted
  await until(() => copies[1]?.length === 3)
  await append(core, ['block 3', 'block 4'])
  await until(() => copies.every((copy) => copy.downloaded(0, 5) === 5))
  await append(core, 'block 5')
  await until(() => c.why(core.key).want === 6)
  const report = await c.synced()
  expect(report.feeds).toMatchObject([{ namespace: 'forwarded', direction: 'in', length: 6 }])
  for (const session of [a, b2]) session.destroy()
})

test('a copy with gaps is promised up to its first gap only', async () => {
  const core = await writer(10)
  const half = reader(core.key, { sparse: true })
  const [a, b] = await openSessions(live, live)
  b.on('advertise', (_offer, accept) => accept(null, [{ core: half, whole: false }]))
  await a.share(core).accepted
  for (const range of [
    { start: 0, end: 4 },
    { start: 6, end: 8 },
  ]) {
    await new Promise((resolve) => half.download(range, resolve))
  }
  a.destroy()
  const [c, d] = sessions()
  const taken = takeAll(d, { make: (key) => reader(key, { sparse: true }) })
  c.share(half)
  c.pipe(d.stream)
  const report = await d.synced()
  expect(await outcomes(c, d)).toEqual(['clean', 'clean'])
  expect(report.feeds[0]?.length).toBe(4)
  expect(copyOf(taken, core).downloaded(0, 4)).toBe(4)
})

test('both ends tell of what is appended later: sync, progress, why, and how far all is', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  takeAll(b)
  const heard = { a: 0, b: 0, progress: {} }
  a.on('sync', () => heard.a++)
  b.on('sync', () => heard.b++)
  b.on('progress', ({ have, want }) => {
    heard.progress = { have, want }
  })
  await a.share(core).accepted
  await Promise.all([a.synced(), b.synced()])
  const before = { ...heard }
  await append(core, 'more')
  expect(a.why(core.key)).toMatchObject({ code: 'replicating', have: 1, want: 2 })
  await append(core, 'and more')
  expect((await a.synced()).feeds).toMatchObject([{ direction: 'out', length: 3 }])
  await append(core, 'at rest')
  await until(() => heard.a > before.a && b.why(core.key).want === 4)
  await until(() => a.why(core.key).have === 4 && (heard.progress as { want?: number }).want === 4)
  expect([a, b].map((session) => session.why(core.key))).toMatchObject(
    [a, b].map(() => ({ code: 'synced', have: 4, want: 4 })),
  )
  expect(heard.b).toBeGreaterThan(before.b)
  expect(heard.progress).toEqual({ have: 4, want: 4 })
  a.destroy()
})
