import type { SyncOptions } from '../../../src/session/syncs.ts'
import type { Feed } from './feed.ts'
import type { End, Link } from './link.ts'
import type { Member } from './member.ts'

/** When 'synced' is said: this member holds so many blocks of this feed. */
interface Expectation {
  readonly holder: Member
  readonly feed: Feed
  readonly length: number
  readonly direction: 'in' | 'out'
  readonly link: Link
  readonly offering: End
}

/**
 * Who must hold what when a `synced` resolves that a member calls now: what its peers offer to it, as long as it was when
 * they connected, or as they have told since; and its peers what it offers to them, as long as it is now.
 */
export function expectationsOf(
  member: Member,
  links: readonly Link[],
  feeds: readonly Feed[],
  { namespace, direction }: SyncOptions,
): Expectation[] {
  const all = links.flatMap((link) => {
    const [near, far] = link.of(member) ?? []
    if (!near || !far || link.broken) return []
    return feeds.flatMap((feed) => [...incoming(link, near, far, feed), ...outgoing(link, near, far, feed)])
  })
  return all.filter(
    (one) =>
      (namespace === undefined || one.feed.namespace === namespace) &&
      (direction === undefined || one.direction === direction) &&
      one.length > 0,
  )
}

function incoming(link: Link, near: End, far: End, feed: Feed): Expectation[] {
  const { hex } = feed
  const known = far.offered.get(hex)
  const isFirst = far.first.has(hex)
  if (known === undefined || !(isFirst || near.heard.has(hex)) || !near.member.accepts(feed)) return []
  const length = Math.max(known, near.told.get(hex) ?? 0)
  return [{ holder: near.member, feed, length, direction: 'in', link, offering: far }]
}

function outgoing(link: Link, near: End, far: End, feed: Feed): Expectation[] {
  if (!near.member.offers(feed) || !far.member.accepts(feed)) return []
  const length = near.member.lengthOf(feed)
  return [{ holder: far.member, feed, length, direction: 'out', link, offering: near }]
}

/** What was said too early, in words. */
export function broken(expectations: readonly Expectation[]): string[] {
  return expectations.flatMap(({ holder, feed, length, direction, link, offering }) => {
    const excused =
      !link.stands ||
      offering.takenBack.has(feed.hex) ||
      !holder.accepts(feed) ||
      // Who offers a feed is not offered it: it knows of it already.
      (direction === 'out' && offering.heard.has(feed.hex))
    const has = holder.lengthOf(feed)
    if (excused || has >= length) return []
    return [`member ${holder.id} holds ${has} of ${length} blocks of feed ${feed.id} (${direction})`]
  })
}
