import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { append, blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** Two sessions over a wire, the second of which has followed a feed of the first as it grew. */
async function following(copyOptions = {}) {
  const wire = controllableWire()
  const [a, b] = sessions(live, live)
  a.pipe(wire.a)
  b.pipe(wire.b)
  const core = await writer(2)
  const copy = reader(core.key, copyOptions)
  takeAll(b, { make: () => copy })
  await a.share(core).accepted
  await until(() => copy.downloaded(0, 2) === 2)
  await follow(core, copy)
  return { wire, a, b, core, copy }
}

/** Appends a block, and waits until the copy has it and everything that is said about it was said. */
async function follow(core: TestCore, copy: TestCore) {
  await append(core, `block ${core.length}`)
  await until(() => copy.downloaded(0, core.length) === core.length)
  for (let i = 0; i < 10; i++) await turn()
}

const received = (session: Session) => session.stats.blocksReceived

test('a block that is appended to a feed which grows comes without being asked for once more', async () => {
  const { wire, a, b, core, copy } = await following()
  wire.hold('b→a')
  await append(core, 'block 3')
  await until(() => copy.downloaded(0, 4) === 4)
  expect(await blocks(copy)).toEqual(['block 0', 'block 1', 'block 2', 'block 3'])
  wire.flush('b→a')
  await follow(core, copy)
  expect(received(b)).toBe(5)
  a.destroy()
})

test('blocks that are appended while the request for the first is under way come once', async () => {
  const { wire, a, b, core, copy } = await following()
  wire.hold('b→a')
  for (let i = 3; i < 9; i++) await append(core, `block ${i}`)
  await until(() => copy.length === 4)
  wire.flush('b→a')
  await until(() => copy.downloaded(0, 9) === 9)
  for (let i = 0; i < 20; i++) await follow(core, copy)
  expect(received(b)).toBe(29)
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
})

test('several blocks that are appended together come once', async () => {
  const { a, b, core, copy } = await following()
  for (let i = 0; i < 10; i++) {
    await append(core, ['one', 'two', 'three'])
    await follow(core, copy)
  }
  expect(received(b)).toBe(43)
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
})

test('a feed that was not uploaded for a while goes on where it was', async () => {
  const { a, core, copy } = await following()
  core.setUploading(false)
  await append(core, ['not', 'yet'])
  for (let i = 0; i < 10; i++) await turn()
  expect(copy.downloaded(0, 5)).toBe(3)
  core.setUploading(true)
  await until(() => copy.downloaded(0, 5) === 5)
  await follow(core, copy)
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
})

test('a feed that was not downloaded for a while goes on where it was', async () => {
  const { a, core, copy } = await following()
  copy.setDownloading(false)
  await append(core, 'not')
  await append(core, 'yet')
  for (let i = 0; i < 10; i++) await turn()
  expect(copy.downloaded(0, 5)).toBe(3)
  copy.setDownloading(true)
  await until(() => copy.downloaded(0, 5) === 5)
  await follow(core, copy)
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
})

test('where several peers follow a feed and each other, each gets all of it', async () => {
  const [a, b] = await openSessions(live, live)
  const [a2, c] = await openSessions(live, live)
  const [b2, c2] = await openSessions(live, live)
  const core = await writer(1)
  const [copyB, copyC] = [reader(core.key), reader(core.key)]
  for (const session of [b, b2]) takeAll(session, { make: () => copyB })
  for (const session of [c, c2]) takeAll(session, { make: () => copyC })
  await Promise.all([a.share(core).accepted, a2.share(core).accepted])
  await Promise.all([b2.share(copyB).accepted, c2.share(copyC).accepted])
  for (let i = 1; i < 60; i++) {
    await append(core, i % 7 ? `block ${i}` : [`block ${i}`, 'and another'])
    if (i % 3) await until(() => copyB.downloaded(0, core.length) === core.length)
    if (i % 5) await until(() => copyC.downloaded(0, core.length) === core.length)
  }
  // The writer goes, and the one copy may lack what the other has.
  await until(() => copyB.downloaded(0, core.length) === core.length)
  a2.destroy()
  await until(() => copyC.downloaded(0, core.length) === core.length)
  for (const copy of [copyB, copyC]) expect(await blocks(copy)).toEqual(await blocks(core))
  for (const session of [a, b2]) session.destroy()
})

test('nothing is asked for beforehand of a feed that does not grow', async () => {
  const wire = controllableWire()
  const [a, b] = sessions(live, live)
  a.pipe(wire.a)
  b.pipe(wire.b)
  const core = await writer(3)
  const taken = takeAll(b)
  await a.share(core).accepted
  await until(() => copyOf(taken, core)?.downloaded(0, 3) === 3)
  for (let i = 0; i < 10; i++) await turn()
  wire.hold('b→a')
  await append(core, 'first')
  for (let i = 0; i < 10; i++) await turn()
  expect(copyOf(taken, core).downloaded(0, 4)).toBe(3)
  wire.flush('b→a')
  await until(() => copyOf(taken, core).downloaded(0, 4) === 4)
  a.destroy()
})
