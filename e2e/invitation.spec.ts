import { expect, newKey, test } from './demo.ts'

test('an invitation leads into the room, and whatever else is pasted does not', async ({ room }) => {
  const host = await room.open()
  const guest = await room.open(newKey())
  const field = guest.page.getByRole('textbox', { name: 'Paste an invitation link' })
  await field.fill(guest.page.url())
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription('You are in this room already.')
  await field.fill('https://example.org/')
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription(/This is no invitation/)
  await field.fill(host.page.url())
  await expect(field).toHaveAccessibleDescription('')
  await field.press('Enter')
  for (const tab of [host, guest]) await tab.meets(1)
})

test('where the clipboard is closed to a page, the link is shown to be copied', async ({ room }) => {
  const tab = await room.open()
  await tab.page.evaluate(() => {
    navigator.clipboard.writeText = async () => {
      throw new DOMException('Not now.', 'NotAllowedError')
    }
  })
  await tab.press('Copy invitation link')
  const link = tab.page.getByRole('textbox', { name: 'Invitation link', exact: true })
  await expect(link).toHaveValue(new RegExp(`#${room.key}$`))
  await expect(link).toBeFocused()
})
