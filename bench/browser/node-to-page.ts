import { Child } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Row } from '../harness/results.ts'
import { Browser } from './browser.ts'
import { programs } from './systems.ts'

type System = 'replic8' | 'stock'

const blockBytes = 1_024
/** Blocks that take a system some seconds. */
const blocks = { replic8: 15_000, stock: 4_000 }
/** Milliseconds after which what has arrived is what counts. */
const patience = 60_000
/** That of the page's program. */
const encryptionKey = 'c8'.repeat(32)

/** A feed that a process of Node has, to a page that knows its URL. */
export const nodeToPage: Benchmark = {
  name: 'node-to-page',
  title: 'From Node to a page',
  about: `A process of Node has a feed of 1 KB blocks, a page of Chromium takes it over WebSocket, both in memory. Stock is hypercore 9
over one hypercore-protocol 8, piped into a plain duplex over the socket (in Node that of the package ws), the key known; replic8 is
\`acceptWebsocket()\` and \`websocket()\`, and the feed is offered first. The clock runs on a connection that stands.`,
  async run(options) {
    const { rounds = options.small ? 1 : 5 } = options.sizes ?? {}
    const systems = (['replic8', 'stock'] as const).filter((name) =>
      options.systems ? options.systems.includes(name) : !options.small || name === 'replic8',
    )
    const rates: Record<System, number[]> = { replic8: [], stock: [] }
    const program = await makeProgram('bench/browser/node-end.ts', options)
    const browser = await Browser.start(
      systems.map((name) => programs[name]),
      options,
    )
    try {
      for (let round = 1; round <= rounds; round++) {
        for (const system of systems) {
          const rate = await measure(browser, program, system, options.small ? 100 : blocks[system])
          rates[system].push(rate)
          options.log(`round ${round}: ${system} ${rate.toFixed(0)} blocks/s`)
        }
      }
    } finally {
      await browser.stop()
    }
    const { replic8, stock } = rates
    const row: Row = { what: '1 KB blocks, Node to page, in memory', unit: '/s', replic8 }
    if (stock.length > 0)
      Object.assign(row, { against: 'stock hand-wired', theirs: stock, goal: { atLeast: [2.5, 4] } })
    return {
      rows: replic8.length > 0 ? [row] : [],
      how: [`${rounds} rounds, each in a fresh process and a fresh tab.`],
    }
  },
}

/** Blocks a second. */
async function measure(browser: Browser, program: string, system: System, blocks: number): Promise<number> {
  const size = { blocks, blockBytes }
  const node = new Child(program)
  const page = await browser.open(programs[system].file)
  try {
    const { key, url } = await node.call<{ key: string; url: string }>('write', system, size, encryptionKey)
    await page.call('take', null, size, key)

    await page.call('connect', null, url, true)
    if (system === 'stock') await page.call('share')

    const began = await node.call<number>('share')
    const arrived = await page.call<{ blocks: number; at: number }>('arrived', patience)
    if (arrived.blocks < blocks) throw new Error(`Only ${arrived.blocks} of ${blocks} blocks came.`)
    await page.call('check', size)
    return (1_000 * blocks) / (arrived.at - began)
  } finally {
    await Promise.all([page.close(), node.stop()])
  }
}
