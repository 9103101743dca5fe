import fc from 'fast-check'
import type { Namespace, SyncFilter } from '../../src/negotiation/events.ts'
import { answerReasons, endReasons } from '../../src/wire/messages.ts'
import { keyOf, type SideOptions } from './side.ts'
import type { Deed, Step } from './world.ts'

// Whatever two applications may do, in any order, while their messages travel as slowly as they like.
// Few keys, two namespaces and small pages, so that things collide.

const anyKey = fc.constantFrom(...[1, 2, 3, 4].map(keyOf))
const anyNamespace = fc.constantFrom<Namespace>(null, 'a')
const anyHeader = fc.oneof(fc.constant({}), fc.record({ v: fc.nat(7) }))
const anyDirection = fc.constantFrom<'in' | 'out'>('in', 'out')
const anyKeys = fc.array(anyKey, { maxLength: 2 })
const anyFilter: fc.Arbitrary<SyncFilter> = fc.record(
  { namespace: anyNamespace, keys: anyKeys, direction: anyDirection },
  { requiredKeys: [] },
)
const pick = fc.nat(7)

/** How often each deed is done, and with which arguments. */
const deeds: { [What in Deed]: [weight: number, args: fc.Arbitrary<unknown[]>] } = {
  share: [3, fc.tuple(anyNamespace, fc.array(anyKey, { maxLength: 5 }))],
  ready: [4, fc.tuple(pick, pick, anyHeader)],
  readyFirst: [2, fc.tuple(pick, anyHeader)],
  answer: [5, fc.tuple(pick, fc.nat(255), fc.constantFrom(...answerReasons))],
  download: [4, fc.tuple(pick)],
  grow: [2, fc.tuple(anyKey, fc.integer({ min: 1, max: 3 }))],
  clear: [1, fc.tuple(anyKey, fc.integer({ min: 1, max: 3 }))],
  unshare: [2, fc.tuple(anyNamespace, anyKey)],
  update: [1, fc.tuple(anyNamespace, anyKey, anyHeader)],
  fail: [1, fc.tuple(anyKey, fc.constantFrom(...endReasons))],
  awaitSync: [2, fc.tuple(anyFilter)],
  deliver: [14, fc.constant([])],
}

const anyStep = fc.oneof(
  ...Object.entries(deeds).map(([what, [weight, args]]) => ({
    weight,
    arbitrary: fc.tuple(fc.constantFrom(0, 1), args).map(([at, rest]) => [at, what, ...rest] as Step),
  })),
)

export const anySteps: fc.Arbitrary<Step[]> = fc.array(anyStep, { maxLength: 150, size: 'max' })

export const anyOptions = (live: fc.Arbitrary<boolean>): fc.Arbitrary<SideOptions> => {
  const few = fc.integer({ min: 1, max: 3 })
  const limits = fc.record({ feedsPerPage: few, offersOutstanding: few })
  return fc.record({ live, limits, remember: few }, { requiredKeys: ['live', 'limits'] })
}
