import type { Browser, Tab } from './browser.ts'
import type { PageProgram } from './bundle.ts'
import type { Size } from './pages/transfer.ts'

/** What is compared, by the programs of its tabs. */
export const programs = {
  replic8: { file: 'bench/browser/pages/replic8-page.ts', packages: 'replic8' },
  stock: { file: 'bench/browser/pages/stock-page.ts', packages: 'stock' },
  channel: { file: 'bench/browser/pages/channel-page.ts', packages: 'stock' },
} satisfies Record<string, PageProgram>

export type SystemName = keyof typeof programs

export interface Transfer extends Size {
  /** Whether both ends keep the core in IndexedDB; else in memory. */
  durable: boolean
}

export interface Measured {
  /** Blocks a second, each counted when it is stored. */
  perSecond: number
  /** Milliseconds of CPU for each block, of all processes of the browser. */
  cpu: number
  /** Fewer than were sent where they did not all come in time. */
  blocks: number
}

/** Milliseconds after which what has arrived is what counts. */
const patience = 60_000

let runs = 0

/** One tab has a core, the other takes it. The clock runs from the start of replication on a connection that stands. */
export async function transfer(browser: Browser, system: SystemName, size: Transfer): Promise<Measured> {
  return inTwoTabs(browser, system, async (writer, reader, name) => {
    const databases = size.durable ? [`${name} a`, `${name} b`] : [null, null]
    const key = system === 'channel' ? null : await writer.call('write', databases[0], size)
    await reader.call('take', databases[1], size, key)
    await connect(writer, reader, name)
    const before = await browser.cpu()
    // Stock begins when both ends do: the other one is ready before the clock starts.
    if (system === 'stock') await reader.call('share')
    const began = await writer.call<number>('share', size)
    const { blocks, at } = await reader.call<{ blocks: number; at: number }>('arrived', patience, size)
    const cpu = (await browser.cpu()) - before
    if (system === 'replic8') await reader.call('check', size)
    if (system === 'replic8' && blocks < size.blocks)
      throw new Error(`Only ${blocks} of ${size.blocks} blocks came.`)
    return { perSecond: (1_000 * blocks) / (at - began), cpu: cpu / blocks, blocks }
  })
}

/**
 * Two tabs answer each other's blocks. Gives milliseconds from an append to the far `get`; of the raw data channel, in
 * which nobody asks for a block, from one end to the other.
 */
export async function latency(browser: Browser, system: SystemName, times: number): Promise<number> {
  return inTwoTabs(browser, system, async (one, other, name) => {
    const none = { blocks: 0, blockBytes: 0 }
    const tabs = [one, other]
    const keys =
      system === 'channel' ? [] : await Promise.all(tabs.map((tab) => tab.call<string>('write', null, none)))
    await Promise.all(tabs.map((tab, i) => tab.call('take', null, none, keys[1 - i])))
    await connect(one, other, name)
    for (const tab of tabs) await tab.call('share', none)
    const play = async (start: number, times: number) => {
      const [ms] = await Promise.all(
        tabs.map((tab, i) => tab.call<number>('rally', { first: i === 0, start, times })),
      )
      return ms as number
    }
    const before = Math.ceil(times / 4)
    await play(0, before)
    return play(before, times)
  })
}

/** Both ends in one tab, in memory, over a pipe. Gives blocks a second. */
export function transferInPage(browser: Browser, system: SystemName, size: Size): Promise<number> {
  return inOneTab(browser, system, async (tab) => {
    const ms = await tab.call<number>('transferInPage', size)
    return (1_000 * size.blocks) / ms
  })
}

/** What `latency` gives, of two ends in one tab over a pipe. */
export function latencyInPage(browser: Browser, system: SystemName, times: number): Promise<number> {
  return inOneTab(browser, system, (tab) => tab.call<number>('rallyInPage', times))
}

async function inOneTab<T>(browser: Browser, system: SystemName, run: (tab: Tab) => Promise<T>): Promise<T> {
  const tab = await browser.open(programs[system].file)
  try {
    return await run(tab)
  } finally {
    await tab.close()
  }
}

async function inTwoTabs<T>(
  browser: Browser,
  system: SystemName,
  run: (one: Tab, other: Tab, name: string) => Promise<T>,
): Promise<T> {
  const { file } = programs[system]
  const one = await browser.open(file)
  const other = await browser.open(file)
  try {
    return await run(one, other, `${system} ${++runs}`)
  } finally {
    await Promise.all([one.close(), other.close()])
  }
}

async function connect(one: Tab, other: Tab, name: string): Promise<void> {
  await Promise.all([
    one.call('connect', name, undefined, true),
    other.call('connect', name, undefined, false),
  ])
}
