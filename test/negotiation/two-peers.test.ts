import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atLeast } from '../../src/negotiation/lengths.ts'
import { anyOptions, anySteps } from './any-step.ts'
import type { SideOptions } from './side.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { regressions } from './two-peers.regressions.ts'
import { type Step, World } from './world.ts'

// Two peers do whatever applications may do, in any order, while their messages travel as slowly as they like.
// A ledger that only reads the messages says what should be true of them.

/** Which feeds of a page the applications take in the end: all, none, some. */
const anyMask = fc.constantFrom(255, 0, 0b101)
const runs = { numRuns: 1_500, includeErrorInReport: true }

describe('two honest peers', () => {
  test('that stay connected come to the same view of everything, and every question is answered', () => {
    const property = (left: SideOptions, right: SideOptions, steps: Step[], mask: number) => {
      const world = new World(left, right)
      world.run(steps)
      world.drain(mask)
      for (const peer of world.peers) {
        expect(peer.finished).toBe(0)
        expect(peer.isDone, 'something is left open').toBe(true)
        expect([...peer.settled.values()].filter((times) => times !== 1)).toEqual([])
        expect([...peer.waiters], 'a sync was never answered').toEqual([])
        for (const feed of peer.side.negotiation.state.feeds.values())
          expect(feed.synced).toBe(feed.agreements > 0)
      }
      checkSameView(world.peers[0], world.peers[1])
      checkSameView(world.peers[1], world.peers[0])
    }
    const live = [anyOptions(fc.constant(true)), anyOptions(fc.boolean())] as const
    const inputs = fc.property(...live, anySteps, anyMask, property)
    fc.assert(inputs, { ...runs, examples: regressions.live })
  })

  test('that stay only as long as needed both end, once, and not before everything is done', () => {
    const property = (left: SideOptions, right: SideOptions, steps: Step[], mask: number) => {
      const world = new World(left, right)
      world.run(steps)
      world.drain(mask)
      const shared = world.peers.some((peer) => peer.shared)
      expect(world.peers.map((peer) => peer.closed)).toEqual([shared, shared])
      if (shared) expect(world.peers.some((peer) => peer.finished === 1)).toBe(true)
      for (const peer of world.peers) if (peer.isDone && shared) expect(peer.finished).toBe(1)
    }
    const oneShot = anyOptions(fc.constant(false))
    const inputs = fc.property(oneShot, oneShot, anySteps, anyMask, property)
    fc.assert(inputs, { ...runs, examples: regressions.oneShot })
  })
})

/** What one end offered is at the other end as it is here. */
function checkSameView(offering: SimulatedPeer, accepting: SimulatedPeer) {
  const { outgoing } = offering.side.negotiation.state
  const { incoming } = accepting.side.negotiation.state
  const ids = new Set([...outgoing.keys(), ...incoming.keys()])
  for (const id of ids) {
    const [mine, theirs] = [outgoing.get(id), incoming.get(id)]
    if (!mine || !theirs) {
      // One end has forgotten it: then it is over at the other too.
      expect(['declined', 'ended']).toContain((mine ?? theirs)?.status)
      expect(
        [offering, accepting].some(({ side }) => side.remember),
        'forgotten too early',
      ).toBe(true)
      continue
    }
    expect(theirs).toMatchObject({ key: mine.key, namespace: mine.namespace, status: mine.status })
    if (mine.status !== 'accepted') continue
    expect(offering.wanted.has(`${mine.namespace}/${mine.key}`), 'taken back, but it stands').toBe(true)
    expect(theirs.reason).toBe(mine.reason)
    expect({ ...theirs.header }).toEqual(mine.header)
    expect(theirs.known).toEqual(mine.told)
    expect(theirs.have).toEqual(mine.caughtUp)
    // The offering side need not tell of more than it did, where the other has all of it.
    expect(atLeast(theirs.known, theirs.have)).toEqual(atLeast(mine.lengths, mine.caughtUp))
  }
}
