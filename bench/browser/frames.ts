import type { Benchmark, Goal, Row } from '../harness/results.ts'
import { Browser, type Tab } from './browser.ts'
import type { PageProgram } from './bundle.ts'

interface System {
  writer: PageProgram
  reader: PageProgram
  /** What the reader's page loads beside its own program. */
  beside?: PageProgram
}

const replic8: PageProgram = { file: 'bench/browser/pages/replic8-page.ts', packages: 'replic8' }
const stock: PageProgram = { file: 'bench/browser/pages/stock-page.ts', packages: 'stock' }

const systems: Record<string, System> = {
  replic8: { writer: replic8, reader: replic8 },
  worker: {
    writer: replic8,
    reader: { file: 'bench/browser/pages/lending-page.ts', packages: 'replic8' },
    beside: { file: 'bench/browser/pages/engine-worker.ts', packages: 'replic8' },
  },
  stock: { writer: stock, reader: stock },
}

interface Kind {
  name: string
  blocks: number
  blockBytes: number
  /** Whether the receiving end keeps it in IndexedDB; else in memory. */
  durable: boolean
  /** Stock is left out: it takes a minute to write them. */
  alone?: boolean
}

/** 20 MB, and 8 MB of small blocks; of what is slower than the patience, the beginning. */
const kinds: Kind[] = [
  { name: 'memory', blocks: 320, blockBytes: 65_536, durable: false },
  { name: 'large', blocks: 320, blockBytes: 65_536, durable: true },
  { name: 'small', blocks: 8_192, blockBytes: 1_024, durable: true, alone: true },
]
/** Milliseconds after which the frames until then are what counts. */
const patience = 5_000

/** Milliseconds from one frame to the next. */
const frame = 1_000 / 60

export const frames: Benchmark = {
  name: 'frames',
  title: 'Frames of a page on which a feed arrives',
  about: `How many of its frames a page in Chromium misses, of 60 a second, while a feed arrives from another tab over WebRTC: those due in that time for which the page's \`requestAnimationFrame\` did not come. Once with all of
replic8 on the page, as it is by default, and once with engine and storage in a worker, to which the page lends its
transport (\`replic8/worker\`). Stock is as in the other benchmarks of tabs.`,
  async run(options) {
    const { rounds = options.small ? 1 : 5 } = options.sizes ?? {}
    const chosen = Object.entries(systems).filter(([name]) =>
      options.systems ? options.systems.includes(name) : !options.small || name !== 'stock',
    )
    const programs = new Set(
      chosen.flatMap(([, { writer, reader, beside }]) => [writer, reader, beside ?? reader]),
    )
    const browser = await Browser.start([...programs], options)
    const dropped = new Map<string, number[]>()
    const note = (key: string, share: number) => {
      dropped.set(key, [...(dropped.get(key) ?? []), 100 * share])
      options.log(`${key}: ${(100 * share).toFixed(1)} % of frames dropped`)
    }
    try {
      for (let round = 1; round <= rounds; round++) {
        note('idle', await idle(browser))
        for (const kind of kinds) {
          const size = options.small ? { ...kind, blocks: Math.ceil(kind.blocks / 100) } : kind
          for (const [name, system] of chosen.filter(([name]) => name !== 'stock' || !kind.alone))
            note(`${kind.name} ${name}`, await transfer(browser, system, size))
        }
      }
    } finally {
      await browser.stop()
    }
    const how = [
      `${rounds} rounds, each run in two fresh tabs, of which the one that receives is in front.`,
      `Where they take longer, the first ${patience / 1_000} s of them count.`,
    ]
    return { rows: rowsOf(dropped), how }
  },
}

let runs = 0

/** Gives the share of frames that the receiving page dropped. */
async function transfer(browser: Browser, { writer, reader }: System, size: Kind): Promise<number> {
  const name = `frames ${++runs}`
  const from = await browser.open(writer.file)
  const to = await browser.open(reader.file)
  try {
    const databases = size.durable ? [`${name} a`, `${name} b`] : [null, null]
    const key = await from.call('write', databases[0], size)
    await to.call('take', databases[1], size, key)
    await Promise.all([
      from.call('connect', name, undefined, true),
      to.call('connect', name, undefined, false),
    ])
    await watchFrames(to)
    // Stock begins when both ends do: the other one is ready before the clock starts.
    if (reader === stock) await to.call('share')
    const began = await from.call<number>('share', size)
    const { blocks, at } = await to.call<{ blocks: number; at: number }>('arrived', patience, size)
    if (blocks === 0) throw new Error('Nothing came.')
    if (blocks === size.blocks) await to.call('check', size)
    return await droppedShare(to, began, at)
  } finally {
    await Promise.all([from.close(), to.close()])
  }
}

/** What a page drops on which nothing happens: what the machine adds to each of the others. */
async function idle(browser: Browser): Promise<number> {
  const tab = await browser.open(replic8.file)
  try {
    await watchFrames(tab)
    const [began, at] = await tab.page.evaluate(async () => {
      const now = () => performance.timeOrigin + performance.now()
      const began = now()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return [began, now()] as const
    })
    return await droppedShare(tab, began, at)
  } finally {
    await tab.close()
  }
}

/** Notes each frame of the page from here on. */
async function watchFrames(tab: Tab): Promise<void> {
  await tab.page.bringToFront()
  await tab.page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const seen: number[] = []
        Object.assign(globalThis, { framesSeen: seen })
        const note = () => {
          // As many as show that the page is drawn regularly.
          if (seen.push(performance.timeOrigin + performance.now()) === 10) resolve()
          requestAnimationFrame(note)
        }
        requestAnimationFrame(note)
      }),
  )
}

async function droppedShare(tab: Tab, began: number, at: number): Promise<number> {
  const seen = await tab.page.evaluate(() => (globalThis as unknown as { framesSeen: number[] }).framesSeen)
  const due = (at - began) / frame
  return Math.max(0, 1 - seen.filter((time) => time > began && time <= at).length / due)
}

function rowsOf(dropped: Map<string, number[]>): Row[] {
  const row = (what: string, kind: string, system: string, goal?: Goal): Row[] => {
    const own = dropped.get(`${kind} ${system}`)
    const theirs = dropped.get(`${kind} stock`)
    if (!own) return []
    const against = theirs ? { against: 'stock hypercore, random-access-idb, simple-peer', theirs } : {}
    return [{ what, unit: '%', replic8: own, ...against, ...(goal ? { goal } : {}) }]
  }
  const goal: Goal = { of: 'figure', atMost: [25, 15] }
  const inWorker: Goal = { of: 'figure', atMost: [25, 2] }
  const rows = (what: string, kind: string, goals: [Goal?, Goal?]) => [
    ...row(`frames dropped while ${what}`, kind, 'replic8', goals[0]),
    ...row('the same, engine in a worker', kind, 'worker', goals[1]),
  ]
  return [
    ...rows('20 MB arrive, 64 KB blocks, in memory', 'memory', [goal, inWorker]),
    ...rows('20 MB arrive, 64 KB blocks, in IndexedDB', 'large', [goal, inWorker]),
    ...rows('8 MB arrive, 1 KB blocks, in IndexedDB', 'small', []),
    { what: 'frames dropped by an idle page', unit: '%', replic8: dropped.get('idle') ?? [] },
  ]
}
