import { type Benchmark, type Goal, type Row, row } from '../harness/results.ts'
import { median, ratios } from '../harness/statistics.ts'
import { Browser } from './browser.ts'
import {
  latency,
  latencyInPage,
  type Measured,
  programs,
  type SystemName,
  type Transfer,
  transfer,
  transferInPage,
} from './systems.ts'

/** Blocks that take a system some seconds; what is slower takes fewer. */
interface Kind {
  name: string
  blockBytes: number
  durable: boolean
  blocks: Partial<Record<SystemName, number>>
}

const full: Kind[] = [
  { name: 'small', blockBytes: 1_024, durable: true, blocks: { replic8: 6_000, stock: 500 } },
  {
    name: 'large',
    blockBytes: 65_536,
    durable: true,
    blocks: { replic8: 800, stock: 200, channel: 2_000 },
  },
  { name: 'memory', blockBytes: 65_536, durable: false, blocks: { replic8: 2_500, stock: 600 } },
]
const appends = { replic8: 600, stock: 60, channel: 600 }
/** In one page. */
const pageBlocks = { replic8: 1_500, stock: 400 }
const pageAppends = { replic8: 1_000, stock: 60 }

/** Of 64 KB. */
const megabytesOfBlock = 65_536 / 1e6

const stock = 'stock hypercore, random-access-idb, simple-peer'
const stockInPage = 'stock hypercore, in the same way'
const rawChannel = 'the raw data channel, 64 KB messages'
const rawMessage = 'a message of 1 KB on the raw data channel'

export const tabsBenchmark: Benchmark = {
  name: 'tabs',
  title: 'Two tabs of a browser',
  about: `Two tabs of Chromium with a profile on disk, over WebRTC. One has a core, the other takes it. Stock is hypercore 9
over one hypercore-protocol 8, piped into simple-peer, with sodium-javascript and random-access-idb, as npm gives them; it
knows the keys beforehand. replic8 is the built package, with \`tabs()\` and \`idb()\`, and offers the core first. Where blocks are
stored in IndexedDB each counts when its transaction is committed. In one page both ends are, joined by a pipe: there no
data channel bounds what the systems can do.`,
  async run(options) {
    const { rounds = options.small ? 1 : 5 } = options.sizes ?? {}
    const systems = (Object.keys(programs) as SystemName[]).filter((name) =>
      options.systems ? options.systems.includes(name) : !options.small || name === 'replic8',
    )
    const browser = await Browser.start(
      systems.map((name) => programs[name]),
      options,
    )
    const figures = new Figures()
    try {
      for (let round = 1; round <= rounds; round++) {
        const log = (line: string) => options.log(`round ${round}: ${line}`)
        await measure(browser, systems, figures, { log, share: options.small ? 100 : 1 })
      }
    } finally {
      await browser.stop()
    }
    return {
      rows: rowsOf(figures),
      how: [`${rounds} rounds, each run in fresh tabs.`, ...obstacles(figures)],
    }
  },
}

/** What was measured, round by round. */
class Figures {
  readonly transfers = new Map<string, Measured[]>()
  /** Numbers of another kind, such as milliseconds. */
  readonly numbers = new Map<string, number[]>()

  rates(key: string): number[] | undefined {
    return this.transfers.get(key)?.map(({ perSecond }) => perSecond)
  }

  megabytes(key: string): number[] | undefined {
    return this.rates(key)?.map((blocks) => blocks * megabytesOfBlock)
  }

  cpu(key: string): number[] | undefined {
    return this.transfers.get(key)?.map(({ cpu }) => cpu)
  }
}

/** One round. `share`: how many times less than all. */
async function measure(
  browser: Browser,
  systems: SystemName[],
  { transfers, numbers }: Figures,
  { log, share }: { log(line: string): void; share: number },
) {
  for (const { name, blockBytes, durable, blocks } of full) {
    for (const system of systems) {
      const count = blocks[system]
      if (count === undefined) continue
      const size: Transfer = { blocks: Math.ceil(count / share), blockBytes, durable }
      const run = await transfer(browser, system, size)
      push(transfers, `${name} ${system}`, run)
      log(`${name}, ${system} ${inWords(run, size)}`)
    }
  }
  const number = async (what: string, system: SystemName, measured: Promise<number>, unit: string) => {
    const value = await measured
    push(numbers, `${what} ${system}`, value)
    log(`${what}, ${system} ${value.toFixed(2)} ${unit}`)
  }
  for (const system of systems) {
    await number('append', system, latency(browser, system, Math.ceil(appends[system] / share)), 'ms')
    if (system === 'channel') continue
    const size = { blocks: Math.ceil(pageBlocks[system] / share), blockBytes: 65_536 }
    const megabytes = transferInPage(browser, system, size).then((blocks) => blocks * megabytesOfBlock)
    await number('in one page', system, megabytes, 'MB/s')
    const times = Math.ceil(pageAppends[system] / share)
    await number('append in one page', system, latencyInPage(browser, system, times), 'ms')
  }
}

function rowsOf(figures: Figures): Row[] {
  const compared = (what: string, unit: string, of: (system: string) => number[] | undefined, goal?: Goal) =>
    row(what, unit, of('replic8'), stock, of('stock'), goal)
  const rates = (kind: string) => (system: string) => figures.rates(`${kind} ${system}`)
  const megabytes = (kind: string) => (system: string) => figures.megabytes(`${kind} ${system}`)
  const cpu = (kind: string) => (system: string) => figures.cpu(`${kind} ${system}`)
  const numbers = (what: string) => (system: string) => figures.numbers.get(`${what} ${system}`)
  const large = megabytes('large')
  return [
    compared('1 KB blocks, each committed', '/s', rates('small'), { atLeast: [6, 13] }),
    compared('the same, CPU a block', 'ms', cpu('small')),
    compared('64 KB blocks, each committed', 'MB/s', large, { atLeast: [2.5, 3.6] }),
    compared('the same, CPU a block', 'ms', cpu('large')),
    row('64 KB blocks, each committed', 'MB/s', large('replic8'), rawChannel, large('channel'), {
      atLeast: [0.85, 0.85],
    }),
    compared('append to far get, in memory', 'ms', numbers('append'), { atMost: [0.1, 0.033] }),
    row(
      'append to far get, in memory',
      'ms',
      numbers('append')('replic8'),
      rawMessage,
      numbers('append')('channel'),
    ),
    row(
      'append to far get, in memory, in one page',
      'ms',
      numbers('append in one page')('replic8'),
      stockInPage,
      numbers('append in one page')('stock'),
      { atMost: [0.1, 0.033] },
    ),
    compared('64 KB blocks, in memory', 'MB/s', megabytes('memory'), { atLeast: [4, 6] }),
    compared('the same, CPU a block', 'ms', cpu('memory')),
    row('64 KB blocks, in memory', 'MB/s', megabytes('memory')('replic8'), rawChannel, large('channel')),
    row(
      '64 KB blocks, in memory, in one page',
      'MB/s',
      numbers('in one page')('replic8'),
      stockInPage,
      numbers('in one page')('stock'),
      { atLeast: [4, 6] },
    ),
  ].filter((row) => row !== undefined)
}

/** What two tabs can not go beyond, whatever is in them. */
function obstacles(figures: Figures): string[] {
  const [raw, theirs] = [figures.megabytes('large channel'), figures.megabytes('memory stock')]
  if (!raw || !theirs) return []
  return [
    `The raw data channel carries ${median(ratios(raw, theirs)).toFixed(2)} times what stock does with 64 KB blocks in memory: no system can be further ahead between tabs.`,
  ]
}

function push<T>(map: Map<string, T[]>, key: string, value: T) {
  map.set(key, [...(map.get(key) ?? []), value])
}

function inWords({ perSecond, cpu, blocks }: Measured, size: Transfer): string {
  const missing = blocks < size.blocks ? `, ${blocks} of ${size.blocks} blocks` : ''
  return `${perSecond.toFixed(0)} blocks/s, ${cpu.toFixed(2)} ms CPU a block${missing}`
}
