import { expect, MB, noise, sha256, test } from './demo.ts'

test('a declined feed costs no block and no HAVE, and can be accepted later', async ({ room }, info) => {
  const [author, without, taker] = await room.openConnected('Coral', 'Teal', 'Plum')
  const path = await noise(info.outputPath('noise.bin'), 10 * MB)
  await author.add(path)
  await without.decline('noise.bin')
  await without.decline('Messages of Coral')
  await taker.accept('noise.bin')
  await taker.accept('Messages of Coral')
  await taker.hasWhole('noise.bin')
  for (let i = 1; i <= 20; i++) await author.write(`Message ${i}`)
  await expect(taker.messages).toHaveCount(20)

  const { key } = await author.feed('noise.bin')
  const { key: messages } = await author.feed('Coral')
  for (const declined of [key, messages]) {
    expect(await author.page.evaluate((hex) => window.demo?.why(hex), declined)).toEqual({
      Teal: 'declined',
      Plum: 'synced',
    })
  }
  // A HAVE travels on the feed's channel: there is one with the taker, and none with the other tab.
  expect((await author.feed('noise.bin')).channels).toBe(1)
  expect((await author.feed('Coral')).channels).toBe(1)
  expect(await author.peer('Teal')).toMatchObject({ blocksSent: 0, bytesSent: 0 })
  expect(await author.peer('Plum')).toMatchObject({ blocksSent: 160 + 20 })
  expect(await without.peer('Coral')).toMatchObject({ blocksReceived: 0 })
  expect((await without.ask((demo) => demo.feeds())).map(({ name }) => name)).toEqual(['Teal'])

  // What both other tabs sent in all, handshakes and offers: not even the size of one block.
  const [wireOf, wireTo] = await Promise.all(
    [taker, without].map((tab) => tab.page.evaluate(() => window.wire.carried())),
  )
  expect(wireTo?.received).toBeLessThan(65_536)
  expect(wireOf?.received).toBeGreaterThan(10 * MB)

  await without.page.bringToFront()
  await without.page.getByText('Declined (2)').click()
  await without.accept('noise.bin')
  await without.hasWhole('noise.bin')
  expect(await without.sha256('noise.bin')).toBe(await sha256(path))
})

test('nothing is taken that nobody accepted', async ({ room }) => {
  const [author, other] = await room.openConnected('Coral', 'Teal')
  await author.add('LICENSE')
  await author.write('Who reads this?')
  await expect(other.offers).toHaveCount(2)
  await expect(other.messages).toHaveCount(0)
  expect(await author.peer('Teal')).toMatchObject({ blocksSent: 0 })
  expect((await author.feed('LICENSE')).channels).toBe(0)
})
