import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import {
  type BrowserContext,
  type CDPSession,
  chromium,
  type Page,
  type Browser as PlaywrightBrowser,
} from 'playwright-core'
import { chromiumOptions } from '../../test/helpers/chromium-options.ts'
import { bundlePages, type PageFiles, type PageProgram } from './bundle.ts'

/**
 * Chromium with a profile of its own on disk, and a server for the programs of its tabs. All tabs are of one origin:
 * they share BroadcastChannel and IndexedDB. None is throttled, as each counts as visible.
 */
export class Browser {
  readonly #context: BrowserContext
  readonly #devtools: CDPSession
  readonly #server: Server
  readonly #profile: string
  readonly #url: string
  #tabs = 0

  private constructor(context: BrowserContext, devtools: CDPSession, server: Server, profile: string) {
    this.#context = context
    this.#devtools = devtools
    this.#server = server
    this.#profile = profile
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(programs: readonly PageProgram[], { sources = false } = {}): Promise<Browser> {
    const server = await serveFiles(await bundlePages(programs, sources))
    const profile = mkdtempSync(join(tmpdir(), 'replic8-bench-'))
    try {
      const context = await chromium.launchPersistentContext(profile, { ...chromiumOptions, headless: true })
      const devtools = await (context.browser() as PlaywrightBrowser).newBrowserCDPSession()
      return new Browser(context, devtools, server, profile)
    } catch (error) {
      server.close()
      rmSync(profile, { recursive: true, force: true })
      throw error
    }
  }

  /** Opens a tab that runs a program, named by its file. */
  async open(file: string): Promise<Tab> {
    const name = basename(file, '.ts')
    const page = await this.#context.newPage()
    const tab = new Tab(page, `${name}-${++this.#tabs}`, await this.#context.newCDPSession(page))
    await page.goto(`${this.#url}/${name}`)
    await page.waitForFunction(() => 'bench' in globalThis)
    await tab.watch()
    return tab
  }

  /** Milliseconds of CPU that its processes have used: tabs, storage, network, all that is running now. */
  async cpu(): Promise<number> {
    const { processInfo } = await this.#devtools.send('SystemInfo.getProcessInfo')
    return processInfo.reduce((total, { cpuTime }) => total + 1_000 * cpuTime, 0)
  }

  async stop(): Promise<void> {
    await this.#context.close()
    this.#server.close()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A tab, whose functions are called from here. See pages/serve.ts for the other end. */
export class Tab {
  readonly page: Page
  readonly #name: string
  readonly #devtools: CDPSession
  readonly #failed: Promise<never>
  #profiling = false

  constructor(page: Page, name: string, devtools: CDPSession) {
    this.page = page
    this.#name = name
    this.#devtools = devtools
    this.#failed = new Promise((_, reject) => {
      page.on('pageerror', (error) => reject(new Error(`${name}: ${error.stack ?? error.message}`)))
      page.on('crash', () => reject(new Error(`${name} crashed.`)))
    })
    this.#failed.catch(() => {})
  }

  /** Calls a function of the tab's program; arguments and value are what JSON can hold. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    const call = this.page.evaluate(
      ({ name, args }) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...args: unknown[]) => unknown> }
        const called = bench[name]
        if (!called) throw new Error(`There is no function "${name}" in this page.`)
        return called(...args)
      },
      { name, args } satisfies { name: string; args: unknown[] },
    )
    return Promise.race([call as Promise<T>, this.#failed])
  }

  /** Begins the profile, where one is wanted. */
  async watch(): Promise<void> {
    if (!process.env.REPLIC8_BENCH_PROFILE) return
    this.#profiling = true
    await this.#devtools.send('Profiler.enable')
    await this.#devtools.send('Profiler.setSamplingInterval', { interval: 200 })
    await this.#devtools.send('Profiler.start')
  }

  async close(): Promise<void> {
    const folder = process.env.REPLIC8_BENCH_PROFILE
    if (this.#profiling && folder) {
      const { profile } = await this.#devtools.send('Profiler.stop')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${this.#name}-${process.pid}.cpuprofile`), JSON.stringify(profile))
    }
    await this.page.close()
  }
}

function serveFiles(files: PageFiles): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1)
    // Isolated from other origins: only then do the page's clocks tell less than a tenth of a millisecond.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    const script = files.get(path)
    if (script !== undefined) response.setHeader('Content-Type', 'text/javascript').end(script)
    else if (files.has(`${path}.js`)) {
      const html = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${path}.js"></script>`
      response.setHeader('Content-Type', 'text/html').end(html)
    } else response.writeHead(404).end()
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
