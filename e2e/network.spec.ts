import type { BrowserContext, Request, WebSocket } from '@playwright/test'
import { expect, newKey } from './demo.ts'
import { test } from './network.ts'

test('tabs of two browsers find each other by a bridge that does not know their key, and connect directly', async ({
  network,
}) => {
  await network.startBridge({ keeps: false })
  const [one, other] = [await (await network.launch()).open(), await (await network.launch()).open()]
  for (const tab of [one, other]) {
    await tab.meets(1)
    await tab.reaches('Direct')
    await expect(tab.page.getByText(/connects the peers of this room, and keeps none/)).toBeVisible()
    await tab.acceptEverything()
  }
  await one.write('From one browser')
  await other.write('From the other')
  for (const tab of [one, other])
    await expect(tab.messages).toHaveText([/From one browser/, /From the other/])
  expect(await one.page.evaluate(() => window.wire.connections())).toBe(1)
})

/** Everything that the pages of a browser send to servers. */
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

test('an invitation that is pasted into another browser leads into the room, and its key to no server', async ({
  network,
}) => {
  await network.startBridge({ keeps: true })
  const rooms = [await network.launch(), await network.launch()] as const
  const sent = rooms.map(({ context }) => recordSent(context))
  const [host, guest] = [await rooms[0].open(), await rooms[1].open(newKey())]
  await rooms[0].context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await host.press('Copy invitation link')
  await expect(host.page.getByRole('status').filter({ hasText: 'Copied.' })).toBeVisible()
  const link = await host.page.evaluate(() => navigator.clipboard.readText())
  expect(new URL(link).hash).toBe(`#${network.key}`)

  const field = guest.page.getByRole('textbox', { name: 'Paste an invitation link' })
  await field.fill('https://example.org/')
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription(/This is no invitation/)
  await field.fill(link)
  await expect(field).toHaveAccessibleDescription('')
  await guest.press('Join')
  await expect(guest.page.locator('#presence')).toHaveText('1 peer and the bridge connected')
  await guest.acceptEverything()
  await host.write('Welcome!')
  await expect(guest.messages).toContainText('Welcome!')

  for (const all of sent) {
    // Greetings of a peer, and of signalling.
    expect(all.some((text) => text.startsWith(Buffer.from('replic8/1 ').toString('hex')))).toBe(true)
    expect(all).toContain('replic8-signal/1')
    expect(all.filter((text) => text.toLowerCase().includes(network.key))).toEqual([])
  }
})
