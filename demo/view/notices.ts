import { byId, h } from './dom.ts'

/** Says something that happened, to those who listen instead of looking. */
export function say(text: string) {
  byId('status').textContent = text
}

/** Shows a problem until it is dismissed; the same one is shown once. */
export function warn(text: string) {
  const list = byId('notices')
  if ([...list.children].some((notice) => notice.firstChild?.textContent === text)) return
  const notice = h('li', { role: 'alert' }, h('span', {}, text))
  const dismiss = h('button', {
    type: 'button',
    textContent: 'Dismiss',
    onclick: () => {
      notice.remove()
      byId('text').focus()
    },
  })
  notice.append(dismiss)
  list.append(notice)
}
