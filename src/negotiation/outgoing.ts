import { isEmpty } from '../wire/header.ts'
import type {
  AnswerMessage,
  CaughtUpMessage,
  EndedOffer,
  Header,
  OfferLengths,
  ReleaseMessage,
} from '../wire/messages.ts'
import { agree, decline, end, endErrors, isOver, setUploadPending, updateSynced } from './agreement.ts'
import type { FeedLengths, HexKey, Namespace, ReadyFeed } from './events.ts'
import { misfit } from './fitting.ts'
import { atMost, covers } from './lengths.ts'
import { allMade } from './remembering.ts'
import { feedOf, type Outgoing, type ShareState, type State } from './state.ts'

const noShares: readonly number[] = []

/** The offering side: what we share, and what the peer makes of it. */

export function share(state: State, id: number, namespace: Namespace, keys: HexKey[]) {
  state.shared = true
  state.shares.set(id, {
    namespace,
    keys,
    changes: new Map(),
    takenBack: false,
    offers: new Set(),
    unanswered: 0,
  })
  state.opening.add(id)
  // What is shared while the first batch is held open belongs to it.
  if (!state.peer || state.firstBatch.size > 0) state.firstBatch.add(id)
  if (state.said && !state.finished) takeBackDone(state)
}

/** Announces one page more than was sent: the peer knows that we are not done until a new done comes. */
function takeBackDone(state: State) {
  state.said = null
  const message = { shared: true, sent: state.pagesSent + 1, received: state.pagesReceived }
  state.effects.push({ type: 'send', message: { type: 'done', ...message } })
}

/** Puts cores of a share in the queue while others are being opened still. */
export function partlyReady(state: State, id: number, feeds: ReadyFeed[]) {
  const owner = state.shares.get(id)
  if (owner) offerAll(state, id, owner, feeds)
}

/** Puts the rest of the cores of a share in the queue. */
export function ready(state: State, id: number, feeds: ReadyFeed[]) {
  const owner = state.shares.get(id)
  state.opening.delete(id)
  state.firstBatch.delete(id)
  if (!owner) return
  offerAll(state, id, owner, feeds)
  if (owner.unanswered === 0) settleShare(state, id)
}

/** Those that stand offered already are not offered twice. */
function offerAll(state: State, id: number, owner: ShareState, feeds: ReadyFeed[]) {
  const { offers } = owner
  for (const feed of feeds) {
    const change = owner.changes.get(feed.key)
    if (change === null) {
      owner.takenBack = true
      continue
    }
    const offer = offerOnce(state, owner.namespace, feed, change ?? feed.header)
    if (offers.has(offer)) continue
    offers.add(offer)
    if (offer.status !== 'queued' && offer.status !== 'offered') continue
    // Made anew: an array that grows has room for many more than the one that there mostly is.
    offer.shares = [...offer.shares, id]
    owner.unanswered++
  }
}

function offerOnce(
  state: State,
  namespace: Namespace,
  { key, lengths }: ReadyFeed,
  header: Header,
): Outgoing {
  const feed = feedOf(state, key)
  const offers = feed.outgoing
  const old = offers.get(namespace)
  if (old && !isOver(old)) {
    if (!isEmpty(header)) setHeader(state, old, header)
    return old
  }
  const offer: Outgoing = {
    id: -1,
    key,
    feed,
    namespace,
    header,
    lengths,
    offered: lengths,
    told: lengths,
    stated: lengths,
    caughtUp: null,
    status: 'queued',
    reason: null,
    shares: noShares,
    pending: false,
  }
  offers.set(namespace, offer)
  state.queue.push(offer)
  return offer
}

function settleShare(state: State, id: number) {
  const owner = state.shares.get(id)
  if (!owner) return
  state.shares.delete(id)
  const offers = [...owner.offers]
  if ((offers.length > 0 || owner.takenBack) && offers.every((offer) => offer.status === 'ended')) {
    state.effects.push({ type: 'share-withdrawn', share: id })
    return
  }
  const keys = offers.filter((offer) => offer.status === 'accepted').map((offer) => offer.key)
  state.effects.push({ type: 'answered', share: id, keys })
}

/** An offer has its answer, or will never have one. */
export function settleOffer(state: State, offer: Outgoing) {
  for (const id of offer.shares) {
    const owner = state.shares.get(id)
    if (owner && --owner.unanswered === 0 && !state.opening.has(id)) settleShare(state, id)
  }
  offer.shares = noShares
}

/** Takes back what stands of these keys in a namespace, and what would once its core is open. */
export function unshare(state: State, namespace: Namespace, keys: HexKey[]) {
  for (const key of keys) noteChange(state, namespace, key, null)
  const offers = keys.flatMap((key) => state.feeds.get(key)?.outgoing.get(namespace) ?? [])
  withdraw(state, offers, 'withdrawn')
}

/** The offer of a core that is still being opened heeds this when it is made. */
function noteChange(state: State, namespace: Namespace, key: HexKey, change: Header | null) {
  for (const id of state.opening) {
    const owner = state.shares.get(id)
    if (owner?.namespace === namespace && owner.changes.get(key) !== null) owner.changes.set(key, change)
  }
}

export function withdraw(state: State, offers: Outgoing[], reason: EndedOffer['reason']) {
  const ended: EndedOffer[] = []
  let unqueued = false
  for (const offer of offers) {
    if (isOver(offer)) continue
    if (offer.status === 'queued') unqueued = true
    else ended.push({ id: offer.id, reason })
    end(state, offer, reason)
    settleOffer(state, offer)
  }
  if (unqueued) state.queue = state.queue.filter((offer) => offer.status === 'queued')
  if (ended.length > 0) state.effects.push({ type: 'send', message: { type: 'withdraw', offers: ended } })
}

export function update(state: State, namespace: Namespace, key: HexKey, header: Header) {
  noteChange(state, namespace, key, header)
  const offer = state.feeds.get(key)?.outgoing.get(namespace)
  if (offer && !isOver(offer)) setHeader(state, offer, header)
}

function setHeader(state: State, offer: Outgoing, header: Header) {
  const { key, namespace } = offer
  // A queued offer is judged when it is put on a page.
  const detail = offer.status !== 'queued' && state.peer ? misfit(header, state.peer.limits) : null
  if (detail) {
    state.effects.push({ type: 'problem', code: 'ERR_OFFER_TOO_LARGE', detail, key, namespace })
    return
  }
  offer.header = header
  if (offer.status === 'queued') return
  state.effects.push({ type: 'send', message: { type: 'update', id: offer.id, header } })
}

/** Tells the peer the lengths of cores that it took, where they changed; of the others it hears when it takes them. */
export function grew(state: State, feeds: FeedLengths[]) {
  const rows: OfferLengths[] = []
  for (const { key, lengths } of feeds) {
    const feed = state.feeds.get(key)
    if (!feed) continue
    if (feed.outgoing.size === 0) continue
    for (const offer of feed.outgoing.values()) {
      offer.lengths = lengths
      if (offer.status !== 'accepted') continue
      tell(offer, rows)
      // What was cleared meanwhile the peer cannot get from us.
      offer.stated = atMost(offer.stated, lengths)
      setUploadPending(state, offer, !covers(offer.caughtUp, offer.stated))
    }
    updateSynced(state, feed)
  }
  sendLengths(state, rows)
}

function tell(offer: Outgoing, rows: OfferLengths[]) {
  // Less is news too: the peer would wait for ever for blocks that were cleared.
  const { lengths, told, caughtUp } = offer
  if (lengths === told || lengths.every((length, i) => length === (told[i] ?? 0))) return
  // More that the peer says to have is none.
  if (covers(lengths, told) && covers(caughtUp, lengths)) return
  offer.told = lengths
  rows.push({ id: offer.id, lengths })
}

function sendLengths(state: State, rows: OfferLengths[]) {
  if (rows.length > 0) state.effects.push({ type: 'send', message: { type: 'length', offers: rows } })
}

export function onanswer(state: State, message: AnswerMessage) {
  const page = state.sentPages.get(message.first)
  if (page?.length !== message.accepted.length) {
    const detail = `An answer for page ${message.first} of ${message.accepted.length} feeds fits no page without an answer.`
    return blame(state, detail)
  }
  state.sentPages.delete(message.first)
  const rows: OfferLengths[] = []
  for (let i = 0; i < page.length; i++) {
    const offer = page[i] as Outgoing
    if (offer.status !== 'offered') continue
    if (message.accepted[i]) {
      offer.stated = offer.lengths
      tell(offer, rows)
      agree(state, offer, 'out', offer.lengths)
      setUploadPending(state, offer, !covers(offer.caughtUp, offer.stated))
    } else decline(state, offer, message.reason)
  }
  sendLengths(state, rows)
  for (const offer of page) settleOffer(state, offer)
}

/** The peer gives up feeds that it had taken. */
export function onrelease(state: State, message: ReleaseMessage) {
  if (!allMade(state, 'us', message.offers)) return
  for (const { id, reason } of message.offers) {
    const offer = state.outgoing.get(id)
    if (offer?.status !== 'accepted') continue
    end(state, offer, reason)
    const detail = `The peer gave up a feed that it had taken (${reason}).`
    state.effects.push({
      type: 'problem',
      code: endErrors[reason],
      detail,
      key: offer.key,
      namespace: offer.namespace,
    })
  }
}

export function oncaughtup(state: State, { offers, asOffered }: CaughtUpMessage) {
  const last = asOffered.at(-1)
  const ends = last ? [{ id: last.from + last.count - 1 }] : []
  if (!allMade(state, 'us', offers) || !allMade(state, 'us', ends)) return
  for (const { id, lengths } of offers) {
    const offer = state.outgoing.get(id)
    if (offer) caughtUp(state, offer, lengths)
  }
  for (const { from, count } of asOffered) {
    for (let id = from; id < from + count; id++) {
      const offer = state.outgoing.get(id)
      if (!offer) continue
      // Said once: few bytes can name many offers.
      if (offer.caughtUp) return blame(state, `Offer ${id} was caught up before.`)
      caughtUp(state, offer, offer.offered)
    }
  }
}

function blame(state: State, detail: string) {
  state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
}

function caughtUp(state: State, offer: Outgoing, lengths: number[]) {
  offer.caughtUp = lengths
  if (offer.status !== 'accepted') return
  setUploadPending(state, offer, !covers(lengths, offer.stated))
  updateSynced(state, offer.feed)
}
