import { expect, MB, noise, sha256, test } from './demo.ts'

test('a reload keeps messages, files, accepted feeds and decisions', async ({ room }, info) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  const path = await noise(info.outputPath('noise.bin'), MB)
  await author.add(path, 'LICENSE')
  await author.write('From Coral')
  await reader.write('From Teal')
  await reader.accept('noise.bin')
  await reader.accept('Messages of Coral')
  await reader.decline('LICENSE')
  await author.accept('Messages of Teal')
  await reader.hasWhole('noise.bin')
  await expect(reader.messages).toHaveCount(2)
  await expect(author.messages).toHaveCount(2)

  // Both at once, and then each alone: what is shown first comes from the disk.
  await Promise.all([author, reader].map((tab) => tab.page.reload()))
  for (const tab of [author, reader]) await tab.meets(1)
  await author.page.close()
  await reader.meets(0)
  await reader.page.reload()
  await reader.ready()
  expect(await reader.ask((demo) => demo.profile)).toBe('Teal')
  await expect(reader.messages).toHaveText([/From Coral/, /From Teal/])
  await expect(reader.feeds.filter({ hasText: 'noise.bin' })).toContainText('1 MB · by Coral · complete')
  expect(await reader.sha256('noise.bin')).toBe(await sha256(path))

  const back = await room.open()
  expect(await back.ask((demo) => demo.profile)).toBe('Coral')
  await expect(back.messages).toHaveText([/From Coral/, /From Teal/])
  expect(await back.sha256('noise.bin')).toBe(await sha256(path))
  await reader.meets(1)
  await expect(reader.page.getByText('Declined (1)')).toBeVisible()
  await expect(reader.offers).toHaveCount(0)
  await back.write('Back again')
  await expect(reader.messages).toHaveCount(3)
  expect((await reader.peer('Coral')).blocksReceived).toBe(1)
})

test('tabs have different profiles, keep theirs over a reload, and free it when they are closed', async ({
  room,
}) => {
  const [, second] = await room.openConnected('Coral', 'Teal', 'Plum')
  await second.page.reload()
  await second.ready()
  expect(await second.ask((demo) => demo.profile)).toBe('Teal')
  await second.page.close()
  const next = await room.open()
  expect(await next.ask((demo) => demo.profile)).toBe('Teal')
  await next.meets(2)
})
