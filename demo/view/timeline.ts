import type { Entry } from '../messages.ts'
import { avatar } from './avatar.ts'
import { byId, h, type Row, Rows } from './dom.ts'
import { when } from './format.ts'

/** All messages, by time. */
export function createTimeline(): (entries: Entry[]) => void {
  const scroller = byId('scroller')
  // Not every browser lets the keyboard scroll what holds nothing to focus.
  scroller.tabIndex = 0
  const rows = new Rows<Entry>(byId('timeline'), byId('conversation-title'), ({ id }) => id, createEntry)
  let last = ''
  return (entries) => {
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40
    const newest = entries.at(-1)
    rows.show(entries)
    byId('timeline-empty').hidden = entries.length > 0
    // Who reads further up stays there, but follows their own words.
    if (newest && newest.id !== last && (atEnd || newest.own)) scroller.scrollTop = scroller.scrollHeight
    last = newest?.id ?? ''
  }
}

function createEntry({ author, text, time, own }: Entry): Row<Entry> {
  const element = h(
    'li',
    { className: own ? 'own' : '' },
    avatar(author),
    h(
      'div',
      { className: 'words' },
      h('strong', {}, own ? 'You' : author),
      ' ',
      h('time', { dateTime: new Date(time).toISOString() }, when(time)),
      h('p', {}, text),
    ),
  )
  return { element, update: () => {} }
}
