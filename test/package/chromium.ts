/** A folder served to a headless Chromium, as any static web server would serve it. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { chromiumOptions } from '../helpers/chromium-options.ts'

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.map': 'application/json',
}

export interface Site {
  url: string
  close(): Promise<void>
}

/** @param headers sent with every file, such as a Content-Security-Policy */
export async function serve(dir: string, headers: Record<string, string> = {}): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = join(dir, normalize(pathname === '/' ? '/index.html' : pathname))
    try {
      const body = await readFile(path)
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain', ...headers }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

export function launch(): Promise<Browser> {
  return chromium.launch(chromiumOptions)
}

export interface Visit {
  /** What the page's `globalThis.outcome`, a promise, gave. */
  outcome: unknown
  /** Errors that reached the page's window. */
  errors: string[]
}

/** Opens the page, runs `before` in it ahead of every script, and waits for its outcome. */
export async function visit(browser: Browser, url: string, before?: () => void): Promise<Visit> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  if (before) await page.addInitScript(before)
  try {
    await page.goto(url)
    await Promise.race([
      page.waitForFunction("'outcome' in globalThis"),
      new Promise((_, reject) => page.once('pageerror', reject)),
    ])
    return { outcome: await page.evaluate('globalThis.outcome'), errors }
  } finally {
    await page.close()
  }
}
