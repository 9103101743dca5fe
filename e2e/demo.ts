import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BrowserContext,
  test as base,
  chromium,
  expect,
  type Locator,
  type Page,
} from '@playwright/test'
import type { Demo } from '../demo/debug.ts'
import { chromiumOptions } from '../test/helpers/chromium-options.ts'
import { watchWire } from './wire.ts'

export { expect }

/** A browser with a profile of its own on the disk: what the demo stores survives its tabs. */
export async function launchBrowser(baseURL: string) {
  const directory = await mkdtemp(join(tmpdir(), 'replic8-e2e-'))
  const context = await chromium.launchPersistentContext(directory, {
    ...chromiumOptions,
    viewport: { width: 1280, height: 800 },
    baseURL,
  })
  await context.addInitScript(watchWire)
  const close = async () => {
    await context.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { context, close }
}

/** Each test has a browser, and a room without a bridge. */
export const test = base.extend<{ room: Room }>({
  context: async ({ baseURL }, use) => {
    const { context, close } = await launchBrowser(baseURL as string)
    await use(context)
    await close()
  },
  room: async ({ context }, use) => {
    const room = new Room(context)
    await use(room)
    await room.expectNoTrouble()
  },
})

export const newKey = () => randomBytes(32).toString('hex')

/** One key, and the tabs of one browser that have it in their address. */
export class Room {
  readonly key: string
  readonly context: BrowserContext
  private readonly bridge: string
  private readonly errors: string[] = []
  private readonly tabs: Tab[] = []

  /** @param bridge its URL, several with commas between them, or 'off' */
  constructor(context: BrowserContext, key = newKey(), bridge = 'off') {
    this.context = context
    this.key = key
    this.bridge = bridge
  }

  /** Opens a tab, by default of this room. */
  async open(key = this.key): Promise<Tab> {
    const page = await this.context.newPage()
    page.on('pageerror', (error) => this.errors.push(error.stack ?? String(error)))
    page.on('console', (message) => {
      // A browser writes there when a server is away or turns it away; the page says so itself, and goes on.
      const isTrouble = message.type() === 'error' && !/^WebSocket connection to /.test(message.text())
      if (isTrouble) this.errors.push(message.text())
    })
    await page.goto(`/?bridge=${this.bridge}#${key}`)
    const tab = new Tab(page)
    this.tabs.push(tab)
    await tab.ready()
    return tab
  }

  /** Nothing was thrown or refused in any tab, and none shows a problem. */
  async expectNoTrouble() {
    expect(this.errors).toEqual([])
    for (const { page } of this.tabs) {
      if (!page.isClosed()) await expect(page.getByRole('alert')).toHaveCount(0)
    }
  }

  /** Opens tabs that all know each other. */
  async openConnected<const Names extends string[]>(...names: Names): Promise<{ [I in keyof Names]: Tab }> {
    const tabs: Tab[] = []
    for (const _ of names) tabs.push(await this.open())
    for (const tab of tabs) await tab.meets(names.length - 1)
    expect(await Promise.all(tabs.map((tab) => tab.ask((demo) => demo.profile)))).toEqual(names)
    return tabs as { [I in keyof Names]: Tab }
  }
}

/** The demo in one tab, as a person uses it. */
export class Tab {
  readonly page: Page
  readonly offers: Locator
  readonly feeds: Locator
  readonly peers: Locator
  readonly messages: Locator

  constructor(page: Page) {
    this.page = page
    this.offers = page.getByRole('list', { name: 'Offered to you' }).getByRole('listitem')
    this.feeds = page.getByRole('list', { name: 'Your feeds' }).getByRole('listitem')
    this.peers = page.getByRole('list', { name: 'Peers' }).getByRole('listitem')
    this.messages = page.getByRole('log', { name: 'Messages' }).getByRole('listitem')
  }

  async ready() {
    await expect.poll(() => this.page.evaluate(() => window.demo !== undefined)).toBe(true)
  }

  /** What `window.demo` answers. */
  ask<Answer>(question: (demo: Demo) => Answer | Promise<Answer>): Promise<Answer> {
    return this.page.evaluate(`(${question})(window.demo)`)
  }

  async meets(count: number) {
    const text = count === 0 ? 'Nobody else is here' : `${count} peer${count === 1 ? '' : 's'} connected`
    await expect(this.page.locator('#presence')).toHaveText(text)
  }

  /** Waits until all its peers are reached in this way, as the page shows it. */
  async reaches(way: 'Direct' | 'Through a relay', options = {}) {
    await expect(this.peers.locator('.way')).toHaveText([way], options)
  }

  async write(text: string) {
    await this.page.bringToFront()
    const box = this.page.getByRole('textbox', { name: 'Your message' })
    await box.fill(text)
    await box.press('Enter')
  }

  async add(...paths: string[]) {
    await this.page.getByLabel('Files to add').setInputFiles(paths)
  }

  accept(name: string) {
    return this.press(`Accept ${name}`)
  }

  decline(name: string) {
    return this.press(`Decline ${name}`)
  }

  /** Presses a button, in front: a tab in the background paints seldom, and a click waits for the paint. */
  async press(name: string) {
    await this.page.bringToFront()
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  async acceptEverything() {
    await this.page.bringToFront()
    await this.page.getByRole('checkbox', { name: 'Accept everything' }).check()
  }

  async feed(name: string) {
    const feed = (await this.ask((demo) => demo.feeds())).find((candidate) => candidate.name === name)
    if (!feed) throw new Error(`This tab has no feed ${name}.`)
    return feed
  }

  /** Waits until every block of a file is here, as the page shows it. */
  async hasWhole(name: string) {
    await expect(this.page.getByRole('button', { name: `Save ${name}` })).toBeVisible()
  }

  sha256(name: string): Promise<string> {
    return this.page.evaluate((file) => (window.demo as Demo).sha256(file), name)
  }

  /** The figures of all sessions that this page has had. */
  traffic() {
    return this.ask((demo) => demo.traffic())
  }

  /** The figures of the session with the peer of this name. */
  async peer(name: string) {
    const peer = (await this.ask((demo) => demo.peers())).find((candidate) => candidate.name === name)
    if (!peer) throw new Error(`This tab has no peer ${name}.`)
    return peer
  }
}

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export const sha256 = async (path: string) => sha256Of(await readFile(path))

/** A file of noise, which no layer could make smaller. */
export async function noise(path: string, bytes: number): Promise<string> {
  await writeFile(path, randomBytes(bytes))
  return path
}

export const MB = 1024 * 1024
