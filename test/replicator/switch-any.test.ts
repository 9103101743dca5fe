import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Replicator } from '../../src/replicator/replicator.ts'
import type { Session } from '../../src/session/session.ts'
import { append, blocks, type TestCore, writer } from '../helpers/cores.ts'
import { encryptionKey, turn } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'
import { arrived, problemsOf, sharing } from './peers.ts'
import { Counted, connectBy, type Kind } from './switching.ts'

// Two peers that change the way they are connected at any moment, in the middle of downloads both ways.

type Step =
  | { do: 'connect'; kind: Kind; slowness: number }
  | { do: 'cut'; which: number; end: number }
  | { do: 'append'; feed: number; count: number }
  | { do: 'wait'; turns: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('connect' as const),
    kind: fc.constantFrom<Kind>('relay', 'webrtc'),
    slowness: fc.integer({ min: 0, max: 6 }),
  }),
  fc.record({ do: fc.constant('cut' as const), which: fc.nat(3), end: fc.nat(1) }),
  fc.record({
    do: fc.constant('append' as const),
    feed: fc.nat(5),
    count: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 60 }) }),
)

const anyRun = [
  fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 6 }),
  fc.array(anyStep, { maxLength: 14 }),
] as const

const numRuns = Number(process.env.SWITCH_RUNS ?? 60)
const seed = process.env.SWITCH_SEED

test('however two peers change their connections, each block comes once, and each message at most once', async () => {
  await fc.assert(fc.asyncProperty(...anyRun, run), {
    numRuns,
    timeout: 20_000,
    ...(seed ? { seed: Number(seed) } : {}),
  })
}, 1_000_000)

async function run(lengths: number[], steps: Step[]) {
  const cores = await Promise.all(lengths.map((length) => writer(length)))
  const peers = [new Replicator(encryptionKey), new Replicator(encryptionKey)] as const
  const counted = [new Counted(), new Counted()] as const
  const heard: number[] = []
  const problems = peers.map(problemsOf)
  const shared = [0, 1].map((side) => cores.filter((_, i) => i % 2 === side))
  for (const [side, peer] of peers.entries()) {
    peer.use(sharing(...(shared[side] as TestCore[])))
    peer.use((counted[side] as Counted).store)
  }
  const [a, b] = peers
  b.registerExtension<number>('count', { encoding: 'json', onmessage: (n) => heard.push(n) })
  const count = a.registerExtension<number>('count', { encoding: 'json' })
  const pairs: [Session, Session][] = []
  let [said, cuts] = [0, 0]
  for (const step of steps) {
    if (step.do === 'connect') pairs.push(connectBy(step.kind, a, b, () => step.slowness))
    else if (step.do === 'append') {
      const text = Array.from({ length: step.count }, (_, i) => `more ${i}`)
      await append(cores[step.feed % cores.length] as TestCore, text)
    } else if (step.do === 'cut') {
      const session = pairs.at(-1 - step.which)?.[step.end as 0 | 1]
      session?.destroy()
      if (session) cuts++
    } else
      for (let i = 0; i < step.turns; i++) {
        if (a.sessions.length > 0) count.broadcast(said++)
        await turn()
      }
  }
  pairs.push(connectBy('webrtc', a, b))
  count.broadcast(said++)
  for (const [side, { copies }] of counted.entries())
    await Promise.all((shared[1 - side] as TestCore[]).map((core) => arrived(copies, core, core.length)))
  const ids = () => peers.map(({ sessions }) => sessions.map(({ id }) => id?.toString('hex')).join())
  await until(() => a.sessions.length === 1 && ids()[0] === ids()[1])
  count.broadcast(said++)
  await until(() => heard.includes(said - 1))
  await Promise.all(peers.map((peer) => peer.synced()))
  for (const { copies, repeated } of counted) {
    expect(repeated).toEqual([])
    for (const [key, copy] of copies) {
      const core = cores.find((core) => hex(core) === key)
      expect(await blocks(copy)).toEqual(await blocks(core))
    }
  }
  expect(problems).toEqual([[], []])
  expect(heard).toEqual([...new Set(heard)].sort((x, y) => x - y))
  if (cuts === 0) expect(heard).toEqual(Array.from({ length: said }, (_, i) => i))
  await Promise.all(peers.map((peer) => peer.close()))
}
