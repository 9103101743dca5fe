import type { Page } from '@playwright/test'
import { expect, type Tab, test } from './demo.ts'

/** Presses Tab until the focus is on the control with this name. */
async function tabTo(page: Page, name: string) {
  const seen: string[] = []
  while (seen.at(-1) !== name) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      const label = (element as HTMLInputElement).labels?.[0]?.textContent
      return (label ?? element.textContent ?? '').trim()
    })
    // The browser's own controls are no part of the page: there the focus comes round again.
    if (seen.length > 60) throw new Error(`The keyboard does not reach ${name}: ${seen.join(', ')}`)
    seen.push(focused)
  }
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)
  expect(outline, `the focus on ${name} is visible`).not.toBe('none')
}

async function writeByKeys({ page }: Tab, text: string) {
  await tabTo(page, 'Your message')
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

test('everything can be done with the keyboard alone', async ({ room }) => {
  const [author, reader] = await room.openConnected('Coral', 'Teal')
  await writeByKeys(author, 'Written with keys')

  const chooser = author.page.waitForEvent('filechooser')
  await tabTo(author.page, 'Add files…')
  await author.page.keyboard.press('Enter')
  await (await chooser).setFiles(['LICENSE', 'package.json'])
  await expect(reader.offers).toHaveCount(3)

  // After a decision the focus is on the next offer.
  await tabTo(reader.page, 'Accept Messages of Coral')
  await reader.page.keyboard.press('Enter')
  await expect(reader.page.getByRole('button', { name: 'Accept LICENSE' })).toBeFocused()
  await reader.page.keyboard.press('Enter')
  await expect(reader.page.getByRole('button', { name: 'Accept package.json' })).toBeFocused()
  await reader.page.keyboard.press('Tab')
  await reader.page.keyboard.press('Enter')
  await expect(reader.page.getByRole('heading', { name: 'Offered to you' })).toBeFocused()
  await expect(reader.messages).toContainText('Written with keys')

  await tabTo(reader.page, 'Declined (1)')
  await reader.page.keyboard.press('Enter')
  await tabTo(reader.page, 'Accept package.json')
  await reader.page.keyboard.press('Enter')
  await reader.hasWhole('package.json')

  const download = reader.page.waitForEvent('download')
  await tabTo(reader.page, 'Save LICENSE')
  await reader.page.keyboard.press('Enter')
  expect((await download).suggestedFilename()).toBe('LICENSE')

  await tabTo(reader.page, 'Accept everything')
  await reader.page.keyboard.press('Space')
  await expect(reader.page.getByRole('checkbox', { name: 'Accept everything' })).toBeChecked()
})
