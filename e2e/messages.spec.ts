import { expect, newKey, test } from './demo.ts'

test('messages show up live, both ways and in one order', async ({ room }) => {
  const tabs = await room.openConnected('Coral', 'Teal', 'Plum')
  for (const tab of tabs) await tab.acceptEverything()
  const words: string[] = []
  for (let round = 1; round <= 3; round++) {
    for (const [i, tab] of tabs.entries()) {
      words.push(`Round ${round} of tab ${i}`)
      await tab.write(words.at(-1) as string)
      for (const other of tabs) await expect(other.messages).toHaveText(words.map((text) => new RegExp(text)))
    }
  }
  await expect(tabs[0].messages.last()).toContainText('Plum')
  await expect(tabs[2].messages.last()).toContainText('You')
})

test("a peer's text is shown as text", async ({ room }) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  await reader.acceptEverything()
  const text = '<img src="x" onerror="document.title = `taken`"> &amp; <b>bold</b>'
  await author.write(text)
  await expect(reader.messages).toContainText(text)
  await author.page.getByLabel('Files to add').setInputFiles({
    name: '<i>name</i>.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('x'),
  })
  await reader.hasWhole('<i>name</i>.txt')
  await expect(reader.page.locator('main img, main b, main i')).toHaveCount(0)
  await expect(reader.page).toHaveTitle('Teal · replic8 demo')
})

test('a wrong key meets nobody', async ({ room }) => {
  const otherKey = newKey()
  const right = await room.open()
  const wrong = await room.open(otherKey)
  await wrong.write('Is anybody there?')
  // A third tab is seen by the one with its key; the wrong one was there all the time, and nobody even called it.
  const third = await room.open()
  for (const tab of [right, third]) await tab.meets(1)
  await wrong.meets(0)
  expect(await wrong.page.evaluate(() => window.wire.connections())).toBe(0)
  // It is no matter of being deaf: a tab with its own key it meets.
  const fourth = await room.open(otherKey)
  for (const tab of [wrong, fourth, right, third]) await tab.meets(1)
  for (const tab of [right, third]) expect(await tab.page.evaluate(() => window.wire.connections())).toBe(1)
  await expect(fourth.offers).toHaveText(/Messages of Coral/)
})

test('an address without a key gets a new one, and one with a broken key says so', async ({ room, page }) => {
  const tab = await room.open('')
  const { hash } = new URL(tab.page.url())
  expect(hash).toMatch(/^#[0-9a-f]{64}$/)
  const second = await room.open(hash.slice(1))
  await second.meets(1)
  await page.goto('/#not-a-key')
  await expect(page.getByRole('alert')).toContainText('The address holds no usable key')
})
