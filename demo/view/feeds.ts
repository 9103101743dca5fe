import { blocksHere } from '../cores.ts'
import { type Import, isWhole } from '../files.ts'
import { authorOf } from '../header.ts'
import type { Feed } from '../library.ts'
import type { Offered } from '../network.ts'
import { byId, h, type Row, Rows, setText } from './dom.ts'
import { createFeedRow, type FeedView, fileActions } from './feed-row.ts'
import { counted, inBytes } from './format.ts'

export interface FeedActions {
  accept(offer: Offered): void
  decline(offer: Offered): void
  open(feed: Feed): void
  save(feed: Feed): void
}

export interface FeedLists {
  undecided: Offered[]
  declined: Offered[]
  held: Feed[]
  imports: Import[]
  /** Peers that take a feed. */
  takers(feed: Feed): string[]
  /** Whether anybody is here. */
  company: boolean
}

/** The lists of feeds: offered, declined, and held. */
export function createFeeds(actions: FeedActions): (lists: FeedLists) => void {
  const rows = (list: string, home: string) =>
    new Rows<FeedView>(byId(list), byId(home), ({ key }) => key, createFeedRow)
  const offers = rows('offers', 'offers-title')
  const declined = rows('declined', 'offers-title')
  const held = rows('feeds', 'feeds-title')
  const imports = new Rows<Import>(byId('imports'), byId('feeds-title'), ({ name }) => name, createImport)

  return (lists) => {
    offers.show(lists.undecided.map((offer) => offerView(offer, actions, true)))
    const empty = byId('offers-empty')
    empty.hidden = lists.undecided.length > 0
    setText(
      empty,
      lists.company
        ? 'Nothing new. What the others add shows up here.'
        : 'What other tabs offer shows up here.',
    )
    declined.show(lists.declined.map((offer) => offerView(offer, actions, false)))
    byId('declined-box').hidden = lists.declined.length === 0
    setText(byId('declined-title'), `Declined (${lists.declined.length})`)
    imports.show(lists.imports)
    held.show(lists.held.map((feed) => heldView(feed, lists.takers(feed), actions)))
  }
}

function offerView(offer: Offered, actions: FeedActions, undecided: boolean): FeedView {
  const { key, header } = offer
  const accept = { label: 'Accept' as const, run: () => actions.accept(offer) }
  const decline = { label: 'Decline' as const, run: () => actions.decline(offer) }
  const names = offer.from.map(({ name }) => name)
  const passedOn = names.includes(authorOf(header)) ? [] : [`passed on by ${listOf(names)}`]
  const details =
    header.kind === 'messages'
      ? [`${counted(header.length, 'message')} when offered`]
      : [inBytes(header.size), counted(header.length, 'block'), `by ${header.author}`]
  return {
    key,
    header,
    details: [...details, ...passedOn],
    progress: null,
    actions: undecided ? [accept, decline] : [accept],
  }
}

function heldView(feed: Feed, takers: string[], actions: FeedActions): FeedView {
  const { key, own, core, header } = feed
  const taken = takers.length > 0 ? `taken by ${listOf(takers)}` : 'yours'
  if (header.kind === 'messages') {
    const details = [counted(core.length, 'message'), ...(own ? [taken] : [])]
    return { key, header, details, progress: null, actions: [] }
  }
  const size = inBytes(header.size)
  if (own) return { key, header, details: [size, taken], progress: null, actions: openers(feed, actions) }
  const by = `by ${header.author}`
  if (isWhole(feed)) {
    return { key, header, details: [size, by, 'complete'], progress: null, actions: openers(feed, actions) }
  }
  const have = blocksHere(core)
  const want = Math.max(header.length, core.length)
  const details = [size, by, `${have.toLocaleString('en')} of ${counted(want, 'block')}`]
  return { key, header, details, progress: want > 0 ? have / want : 0, actions: [] }
}

function openers(feed: Feed, actions: FeedActions) {
  return fileActions(
    feed.header,
    () => actions.open(feed),
    () => actions.save(feed),
  )
}

function listOf(names: string[]): string {
  return names.length > 2 ? counted(names.length, 'peer') : names.join(' and ')
}

/** A file that is being read into its feed. */
function createImport({ name, size }: Import): Row<Import> {
  const details = h('span', { className: 'details' })
  const bar = h('progress', { max: 1, 'aria-label': `Adding ${name}` })
  const icon = h('span', { className: 'icon', 'aria-hidden': 'true' }, '…')
  const element = h('li', {}, icon, h('div', { className: 'what' }, h('strong', {}, name), details, bar))
  return {
    element,
    update({ done }) {
      setText(details, `Adding · ${inBytes(done)} of ${inBytes(size)}`)
      bar.value = size > 0 ? done / size : 1
    },
  }
}
