import { expect, test } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import type { Session } from '../../src/session/session.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, outcomes, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, problemsOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** Takes what is offered; calls back when the copy of any core has so many blocks. */
function takeUntil(session: Session, count: number, then: () => void): Map<string, TestCore> {
  return takeAll(session, {
    make(key) {
      const copy = reader(key)
      copy.on('download', () => {
        if (copy.downloaded() === count) then()
      })
      return copy
    },
  })
}

/** Whether a session is over, after a turn of the event loop. */
async function isOver(session: Session): Promise<boolean> {
  let over = false
  const end = () => {
    over = true
  }
  session.closed.then(end, end)
  await turn()
  return over
}

/** How many blocks both sent and got. */
const moved = (session: Session) => [session.stats.blocksSent, session.stats.blocksReceived]

for (const who of ['the side that downloads', 'the side that uploads', 'both'] as const) {
  test(`retire ends cleanly at both ends when what was requested is here: ${who}`, async () => {
    const [a, b] = await openSessions(live, live)
    const [one, two] = [await writer(3000), await writer(3000)]
    const retire = () => {
      if (who !== 'the side that downloads') a.retire()
      if (who !== 'the side that uploads') b.retire()
    }
    const atB = takeUntil(b, 50, retire)
    const atA = takeAll(a)
    a.share(one)
    b.share(two)
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    // What the one has sent the other has got, and stored.
    expect(moved(a)).toEqual(moved(b).reverse())
    expect(copyOf(atB, one).downloaded()).toBe(b.stats.blocksReceived)
    expect(copyOf(atA, two).downloaded()).toBe(a.stats.blocksReceived)
    expect(b.stats.blocksReceived).toBeGreaterThanOrEqual(50)
    expect(b.stats.blocksReceived).toBeLessThan(3000)
  })
}

test('downloads are not resumed while the session retires', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(3000)
  takeUntil(b, 50, () => {
    b.retire()
    b.resumeDownloads()
  })
  a.share(core)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(b.stats.blocksReceived).toBeLessThan(3000)
})

test('messages that are sent before the last word arrive, in order', async () => {
  const [a, b] = await openSessions(live, live)
  const heard: string[] = []
  b.registerExtension('chat', { encoding: 'utf-8', onmessage: (text: string) => heard.push(text) })
  const chat = a.registerExtension<string>('chat', { encoding: 'utf-8' })
  const sent: string[] = []
  const say = () => {
    sent.push(`message ${sent.length}`)
    chat.send(sent.at(-1) as string)
  }
  takeAll(a, {
    make(key) {
      const copy = reader(key)
      copy.on('download', () => {
        if (copy.downloaded() === 50) a.retire()
        if (copy.downloaded() >= 50 && a.takesMessages) say()
      })
      return copy
    },
  })
  b.share(await writer(3000))
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(sent.length).toBeGreaterThan(1)
  expect(heard).toEqual(sent)
})

test('retire before open ends as soon as the session is open, and after the end does nothing', async () => {
  const [a, b] = sessions(live, live)
  a.pipe(b.stream)
  a.retire()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  a.retire()
  b.retire()
})

test('a peer that never finishes is left after the timeout', async () => {
  const [a, b] = await openSessions({ ...live, timeout: 400 }, { ...live, timeout: 600 })
  const core = await writer(3)
  // It has the blocks, and never gives them.
  core.proof = () => {}
  const taken = takeAll(b)
  a.share(core)
  await until(() => copyOf(taken, core)?.peers[0]?.inflightRequests.length === 3)
  const problems = problemsOf(b)
  a.retire()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(problems).toEqual([])
})

test('what was requested arrives over a slow wire', async () => {
  const [a, b] = sessions(live, live)
  const wire = controllableWire()
  a.pipe(wire.a)
  b.pipe(wire.b)
  const core = await writer(500)
  const taken = takeUntil(b, 20, () => {
    wire.hold('a→b')
    b.retire()
  })
  a.share(core)
  while (!(await isOver(b))) wire.flush('a→b', 1)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(a.stats.blocksSent).toBe(b.stats.blocksReceived)
  expect(copyOf(taken, core).downloaded()).toBe(b.stats.blocksReceived)
})

test('a transport that needs the place of a connection has its session retire', async () => {
  const [a, b] = sessions(live, live)
  const [mine, theirs]: Connection[] = memoryPair()
  a.pipe(mine)
  b.pipe(theirs)
  const core = await writer(3000)
  const taken = takeUntil(b, 50, () => mine?.onretire?.())
  a.share(core)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(a.stats.blocksSent).toBe(b.stats.blocksReceived)
  expect(copyOf(taken, core).downloaded()).toBe(b.stats.blocksReceived)
  expect((await blocks(core)).length).toBeGreaterThan(b.stats.blocksReceived)
})
