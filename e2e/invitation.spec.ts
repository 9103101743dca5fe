import type { BrowserContext, Request, WebSocket } from '@playwright/test'
import { expect, newKey, test } from './demo.ts'

/** Everything that the pages of a context send to servers. */
function recordSent(context: BrowserContext): string[] {
  const sent: string[] = []
  const onrequest = (request: Request) => {
    sent.push(
      request.url(),
      JSON.stringify(request.headers()),
      request.postDataBuffer()?.toString('hex') ?? '',
    )
  }
  const onsocket = (socket: WebSocket) => {
    sent.push(socket.url())
    socket.on('framesent', ({ payload }) => {
      sent.push(typeof payload === 'string' ? payload : payload.toString('hex'))
    })
  }
  context.on('request', onrequest)
  context.on('page', (page) => page.on('websocket', onsocket))
  return sent
}

test('an invitation that is pasted leads into the room, and its key to no server', async ({
  room,
  context,
}) => {
  const sent = recordSent(context)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const host = await room.open()
  await host.press('Copy invitation link')
  await expect(host.page.getByRole('status').filter({ hasText: 'Copied.' })).toBeVisible()
  const link = await host.page.evaluate(() => navigator.clipboard.readText())
  expect(new URL(link).hash).toBe(`#${room.key}`)

  const guest = await room.open(newKey())
  const field = guest.page.getByRole('textbox', { name: 'Paste an invitation link' })
  await field.fill('https://example.org/')
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription(/This is no invitation/)
  await field.fill(link)
  await expect(field).toHaveAccessibleDescription('')
  await guest.page.bringToFront()
  await guest.page.getByRole('button', { name: 'Join', exact: true }).click()
  for (const tab of [host, guest]) await tab.meets(1)
  await host.write('Welcome!')
  await guest.accept('Messages of Coral')
  await expect(guest.messages).toContainText('Welcome!')

  expect(sent.length).toBeGreaterThan(0)
  expect(sent.filter((text) => text.toLowerCase().includes(room.key))).toEqual([])
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
