import { basename } from 'node:path'
import { expect, MB, noise, sha256, test } from './demo.ts'

test('files reach two other tabs with the bytes they had', async ({ room }, info) => {
  const [author, ...others] = await room.openConnected('Coral', 'Teal', 'Plum')
  const paths = [
    await noise(info.outputPath('noise.bin'), 10 * MB),
    await noise(info.outputPath('one-block.bin'), 65_536),
    await noise(info.outputPath('empty.bin'), 0),
    'package-lock.json',
    'docs/PROTOCOL.md',
    'LICENSE',
  ]
  for (const tab of others) await tab.acceptEverything()
  await author.add(...paths)
  for (const path of paths) {
    const expected = await sha256(path)
    for (const tab of [author, ...others]) {
      await tab.hasWhole(basename(path))
      expect(await tab.sha256(basename(path)), path).toBe(expected)
    }
  }
})

test('an accepted file can be saved, and opened where that is safe', async ({ room }) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  await author.add('LICENSE', 'demo/index.html')
  await author.page.getByLabel('Files to add').setInputFiles({
    name: 'note.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Words that travelled.'),
  })
  for (const name of ['LICENSE', 'index.html', 'note.txt']) await reader.accept(name)

  const download = reader.page.waitForEvent('download')
  await reader.press('Save LICENSE')
  const saved = await download
  expect(saved.suggestedFilename()).toBe('LICENSE')
  expect(await sha256(await saved.path())).toBe(await sha256('LICENSE'))

  const popup = reader.page.waitForEvent('popup')
  await reader.press('Open note.txt')
  await expect((await popup).locator('body')).toHaveText('Words that travelled.')

  // A page of a peer would run in the name of this one.
  await reader.hasWhole('index.html')
  await expect(reader.page.getByRole('button', { name: 'Open index.html' })).toBeHidden()
})

test('files that are dropped on the page become feeds', async ({ room }) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  const transfer = await author.page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File(['first'], 'first.txt', { type: 'text/plain' }))
    data.items.add(new File(['second'], 'second.txt', { type: 'text/plain' }))
    return data
  })
  await author.page.dispatchEvent('main', 'dragover', { dataTransfer: transfer })
  await expect(author.page.getByText('Drop to add the files as feeds')).toBeVisible()
  await author.page.dispatchEvent('main', 'drop', { dataTransfer: transfer })
  await expect(author.page.getByText('Drop to add the files as feeds')).toBeHidden()
  await reader.accept('first.txt')
  await reader.accept('second.txt')
  for (const name of ['first.txt', 'second.txt']) {
    await reader.hasWhole(name)
    expect(await reader.sha256(name)).toBe(await author.sha256(name))
  }
})

test('what one tab took, it passes on when the author is gone', async ({ room }, info) => {
  const [first, late, author] = await room.openConnected('Coral', 'Teal', 'Plum')
  const path = await noise(info.outputPath('passed-on.bin'), MB)
  await author.add(path)
  await first.accept('passed-on.bin')
  await first.hasWhole('passed-on.bin')
  await author.page.close()
  await first.meets(1)
  await late.page.reload()
  await expect(late.offers.filter({ hasText: 'passed-on.bin' })).toContainText('by Plum · passed on by Coral')
  await late.accept('passed-on.bin')
  await late.hasWhole('passed-on.bin')
  expect(await late.sha256('passed-on.bin')).toBe(await sha256(path))
})
