import { expect, type Tab, test } from './demo.ts'

async function fits({ page }: Tab) {
  const widths = await page.evaluate(() => ({
    page: document.documentElement.scrollWidth,
    window: window.innerWidth,
    beyond: [...document.querySelectorAll('body *')]
      .filter(
        (element) => element.checkVisibility() && element.getBoundingClientRect().right > window.innerWidth,
      )
      .map((element) => element.outerHTML.slice(0, 80)),
  }))
  expect(widths).toEqual({ page: 375, window: 375, beyond: [] })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a phone shows everything without scrolling sideways, ${colorScheme}`, async ({ room }, info) => {
    const [author, phone] = await room.openConnected('Coral', 'Teal')
    await phone.page.setViewportSize({ width: 375, height: 812 })
    await phone.page.emulateMedia({ colorScheme })
    await fits(phone)
    const name = `${'a-very-long-name-without-any-space-'.repeat(5)}.txt`
    await author.page
      .getByLabel('Files to add')
      .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('short') })
    await author.write('averylongwordwithoutanyspace'.repeat(20))
    await expect(phone.offers).toHaveCount(2)
    await fits(phone)
    await phone.accept(name)
    await phone.accept('Messages of Coral')
    await phone.hasWhole(name)
    await expect(phone.messages).toHaveCount(1)
    await fits(phone)
    await info.attach('phone', {
      body: await phone.page.screenshot({ fullPage: true }),
      contentType: 'image/png',
    })
  })
}
