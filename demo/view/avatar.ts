import { h, setAttribute, setText } from './dom.ts'
import { colourOf, initialOf } from './format.ts'

/** The initial of a profile in its colour. The name stands beside it, so it is no news to a screen reader. */
export function avatar(name = ''): HTMLElement {
  const element = h('span', { className: 'avatar', 'aria-hidden': 'true' })
  showAvatar(element, name)
  return element
}

export function showAvatar(element: HTMLElement, name: string) {
  setText(element, initialOf(name))
  setAttribute(element, 'data-colour', colourOf(name))
}
