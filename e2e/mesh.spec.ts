import { expect, type Tab } from './demo.ts'
import { test } from './network.ts'

test('twelve tabs of two browsers all hear each other, each over eight data channels at most', async ({
  network,
}) => {
  test.setTimeout(240_000)
  await network.startBridge({ keeps: false })
  const rooms = [await network.launch(), await network.launch()]
  const tabs: Tab[] = []
  for (let i = 0; i < 12; i++) tabs.push(await (rooms[i % 2] as (typeof rooms)[number]).open())
  for (const tab of tabs) await tab.acceptEverything()
  for (const [i, tab] of tabs.entries()) await tab.write(`From tab ${i + 1}`)
  const words = tabs.map((_, i) => new RegExp(`From tab ${i + 1}$`))
  for (const tab of tabs) {
    await expect(tab.messages).toHaveCount(12, { timeout: 60_000 })
    await expect(tab.messages).toHaveText(words)
  }
  for (const { page } of tabs) {
    await expect.poll(() => page.evaluate(() => window.wire.channels())).toBeLessThanOrEqual(8)
    // While one takes the place of another, both stand.
    expect(await page.evaluate(() => window.wire.mostChannels)).toBeLessThanOrEqual(9)
  }
})
