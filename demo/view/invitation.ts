import { moveTo, roomOf } from '../room.ts'
import { byId, setText } from './dom.ts'

/** Gives the address of this room to others, and takes one of theirs. */
export function createInvitation(room: string) {
  byId('copy-invitation').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href)
      setText(byId('copied'), 'Copied. Whoever has the link is in this room.')
    } catch {
      // No permission, or no secure page: the person copies it.
      showLink()
    }
  })

  const field = byId<HTMLInputElement>('invitation')
  const error = byId('invitation-error')
  const complain = (text: string) => {
    setText(error, text)
    error.hidden = text === ''
    field.setAttribute('aria-invalid', String(text !== ''))
    if (text) field.focus()
  }
  field.addEventListener('input', () => complain(''))
  byId('join').addEventListener('submit', (event) => {
    event.preventDefault()
    const other = roomOf(field.value)
    if (!other) return complain('This is no invitation: a link ends with # and 64 digits from 0 to f.')
    if (other === room) return complain('You are in this room already.')
    field.value = ''
    moveTo(other)
  })
}

function showLink() {
  const link = byId<HTMLInputElement>('invitation-link')
  byId('invitation-link-box').hidden = false
  link.value = location.href
  link.focus()
  link.select()
}
