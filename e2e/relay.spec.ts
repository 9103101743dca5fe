import { expect, MB, noise, sha256, type Tab } from './demo.ts'
import { test } from './network.ts'

/** Has a page lose every packet of WebRTC, as behind a strict firewall, or none. WebSockets are not touched. */
async function firewallOf({ page }: Tab) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  const lose = (packetLoss: number) =>
    devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      packetLoss,
      // Losses count only beside a limit of another kind: these are none.
      latency: 1,
      downloadThroughput: 1e9,
      uploadThroughput: 1e9,
    })
  return { close: () => lose(100), open: () => lose(0) }
}

/** Milliseconds: a new try to connect directly comes late when the ones before were in vain. */
const patience = { timeout: 90_000 }

test('where no direct connection is possible a relay carries the feeds, until one is, and again when it is lost', async ({
  network,
}, info) => {
  test.setTimeout(240_000)
  // So slow that the file is still under way when the direct connection comes.
  await network.startBridge({ keeps: false, flags: ['--limit', 'relayBytesPerSecond=131072'] })
  const reader = await (await network.launch()).open()
  const firewall = await firewallOf(reader)
  await firewall.close()
  const author = await (await network.launch()).open()
  for (const tab of [author, reader]) {
    await tab.meets(1)
    await tab.reaches('Through a relay')
  }
  const path = await noise(info.outputPath('noise.bin'), 10 * MB)
  await author.add(path)
  await reader.acceptEverything()
  await expect.poll(async () => (await reader.traffic()).blocksReceived).toBeGreaterThan(4)

  await firewall.open()
  for (const tab of [author, reader]) await tab.reaches('Direct', patience)
  await reader.hasWhole('noise.bin')
  expect(await reader.sha256('noise.bin')).toBe(await sha256(path))
  expect((await reader.page.evaluate(() => window.wire.carried())).received).toBeGreaterThan(MB)
  // All are here, so as many as there are: none came twice.
  expect((await reader.traffic()).blocksReceived).toBe(160)

  await firewall.close()
  for (const tab of [author, reader]) await tab.reaches('Through a relay', patience)
  await author.write('Here again')
  await expect(reader.messages).toContainText('Here again')
  expect((await reader.traffic()).blocksReceived).toBe(161)
})
