import { canOpen } from '../files.ts'
import type { FeedHeader } from '../header.ts'
import { showAvatar } from './avatar.ts'
import { h, type Row, setAttribute, setText } from './dom.ts'
import { unbroken } from './format.ts'

/** What a row about a feed shows. */
export interface FeedView {
  key: string
  header: FeedHeader
  /** Facts about it, in few words. */
  details: string[]
  /** From 0 to 1; null: no bar. */
  progress: number | null
  actions: Action[]
}

export interface Action {
  label: 'Accept' | 'Decline' | 'Open' | 'Save'
  run(): void
}

export const titleOf = (header: FeedHeader) =>
  header.kind === 'file' ? header.name : `Messages of ${header.name}`

/** A feed: what it is, how much of it is here, and what can be done with it. */
export function createFeedRow(first: FeedView): Row<FeedView> {
  let view = first
  const icon = h('span', { className: 'icon', 'aria-hidden': 'true' })
  const title = h('strong', {}, '')
  const details = h('span', { className: 'details' })
  const bar = h('progress', { max: 1 })
  const actions = h('div', { className: 'actions' })
  const buttons = new Map<Action['label'], HTMLButtonElement>()
  const buttonOf = (label: Action['label']) => {
    const known = buttons.get(label)
    if (known) return known
    const button = h('button', {
      type: 'button',
      className: label === 'Accept' ? 'primary' : '',
      onclick: () => view.actions.find((action) => action.label === label)?.run(),
    })
    button.append(label, h('span', { className: 'hidden' }, ` ${titleOf(view.header)}`))
    buttons.set(label, button)
    actions.append(button)
    return button
  }
  const update = (next: FeedView) => {
    view = next
    const { header } = view
    if (header.kind === 'messages') showAvatar(icon, header.name)
    else setText(icon, extensionOf(header.name))
    setText(title, titleOf(header))
    setAttribute(title, 'title', titleOf(header))
    setText(details, view.details.map(unbroken).join(' · '))
    bar.hidden = view.progress === null
    bar.value = view.progress ?? 0
    setAttribute(bar, 'aria-label', `Progress of ${titleOf(header)}`)
    for (const { label } of view.actions) buttonOf(label)
    for (const [label, button] of buttons)
      button.hidden = !view.actions.some((action) => action.label === label)
    actions.hidden = view.actions.length === 0
  }
  const element = h('li', {}, icon, h('div', { className: 'what' }, title, details, bar), actions)
  element.dataset.kind = first.header.kind
  return { element, update }
}

function extensionOf(name: string): string {
  const extension = /\.([a-z0-9]{1,4})$/i.exec(name)?.[1]
  return extension?.toUpperCase() ?? 'FILE'
}

/** What can be done with a file that is whole. */
export function fileActions(header: FeedHeader, open: () => void, save: () => void): Action[] {
  if (header.kind !== 'file') return []
  const both: Action[] = [
    { label: 'Open', run: open },
    { label: 'Save', run: save },
  ]
  return canOpen(header) ? both : both.slice(1)
}
