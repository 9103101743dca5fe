import { expect, MB, noise, sha256, test } from './demo.ts'

test('a tab that was closed in the middle of a transfer goes on where it was', async ({ room }, info) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  const path = await noise(info.outputPath('noise.bin'), 10 * MB)
  await author.add(path)
  // The author's link dies after 3 MB, so that the tab is closed in the middle however fast the machine is.
  await author.page.evaluate((bytes) => {
    window.wire.budget = bytes
  }, 3 * MB)
  await reader.accept('noise.bin')
  await expect.poll(async () => (await reader.feed('noise.bin')).have).toBeGreaterThan(16)
  await expect(reader.page.getByRole('progressbar', { name: 'Progress of noise.bin' })).toBeVisible()
  const before = (await reader.feed('noise.bin')).have
  await reader.page.close()
  await author.meets(0)

  await author.page.evaluate(() => {
    window.wire.budget = Number.POSITIVE_INFINITY
  })
  const again = await room.open()
  expect(await again.ask((demo) => demo.profile)).toBe('Teal')
  await again.hasWhole('noise.bin')
  expect(await again.sha256('noise.bin')).toBe(await sha256(path))
  const { stored, length } = await again.feed('noise.bin')
  expect(length).toBe(160)
  expect(stored).toBeGreaterThanOrEqual(before)
  expect(stored).toBeLessThan(3 * 16)
  // What was stored is not fetched again.
  expect((await again.peer('Coral')).blocksReceived).toBe(length - stored)
  expect((await author.peer('Teal')).blocksSent).toBe(length - stored)
})
