import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { hypercore as engine, FeedStore, Replicator, randomKey, replic8 } from '../../src/entry/index.node.ts'
import { file, memory, type Storage } from '../../src/entry/storage.node.ts'
import { now } from '../harness/clock.ts'
import { serve } from '../harness/serve.ts'

// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 has no types of its own.
type Untyped = any

/** What a stretch took, in ms. */
export interface Took {
  wall: number
  cpu: number
}

/** What was open when a peer had the first block. */
export interface FirstServed extends Took {
  /** Cores that were opened, or were being opened. */
  cores: number
}

/** Cores of one turn: all at once would need more descriptors than a process may have. */
const together = 250

serve({
  /** Makes feeds of one block each; gives their keys. */
  async build(folder: string, feeds: number): Promise<string[]> {
    const keys: string[] = []
    while (keys.length < feeds) {
      const store = new FeedStore(file(folder))
      const count = Math.min(together, feeds - keys.length)
      const names = Array.from({ length: count }, (_, i) => `${keys.length + i}`)
      const made = names.map(async (name) => {
        const core = await store.writer(name)
        await called((done) => core.append(`block of ${name}`, done))
        return core.key.toString('hex')
      })
      keys.push(...(await Promise.all(made)))
      await store.close()
    }
    return keys
  },

  /** Opens the store, until it can tell what it has. */
  async openStore(folder: string): Promise<Took & { feeds: number }> {
    const stop = start()
    const store = new FeedStore(file(folder))
    const feeds = await store.feeds()
    const took = stop()
    await store.close()
    return { ...took, feeds: feeds.length }
  },

  /** Opens every core as stock does, as many at a time as may be; closing them is not counted. */
  async openAll(folder: string, keys: string[]): Promise<Took> {
    const { default: hypercore } = (await import('hypercore')) as Untyped
    const sum = { wall: 0, cpu: 0 }
    for (let at = 0; at < keys.length; at += together) {
      const stop = start()
      const cores = keys
        .slice(at, at + together)
        .map((key) => hypercore(join(folder, 'feeds', key), Buffer.from(key, 'hex')))
      await Promise.all(cores.map((core: Untyped) => called((done) => core.ready(done))))
      const { wall, cpu } = stop()
      if (cores.some((core: Untyped) => core.length !== 1)) throw new Error('A core is not what was written.')
      await Promise.all(cores.map((core: Untyped) => called((done) => core.close(done))))
      sum.wall += wall
      sum.cpu += cpu
    }
    return sum
  },

  /** Opens the store and offers all of it to a peer, until the peer has the block of a feed, the first it hears of. */
  async serveFirst(folder: string): Promise<FirstServed> {
    const opened = new Set<string>()
    const stop = start()
    const { replicator, far } = shared(folder, opened)
    const block = await new Promise<Buffer>((resolve, reject) => {
      far.once('advertise', ({ keys: [key] }, accept) => {
        const core: Untyped = engine(memory(), key)
        accept(null, [core])
        core.get(0, (error: Error | null, value: Buffer) => (error ? reject(error) : resolve(value)))
      })
    })
    const took = { ...stop(), cores: opened.size }
    await replicator.close()
    if (!block.toString().startsWith('block of ')) throw new Error('The block is not what was written.')
    return took
  },

  /** A peer takes all feeds; gives the files that the store then has open. */
  async takeAll(folder: string, feeds: number): Promise<number | null> {
    const { far } = shared(folder)
    let most = descriptors(folder)
    const look = setInterval(() => {
      most = greater(most, descriptors(folder))
    }, 100)
    let taken = 0
    await new Promise<void>((resolve) => {
      far.on('advertise', ({ keys }, accept) =>
        accept(
          null,
          keys.map((key: Buffer) => engine(memory(), key)),
        ),
      )
      far.on('sync', () => {
        if (++taken === feeds) resolve()
      })
    })
    clearInterval(look)
    return greater(most, descriptors(folder))
  },
})

function start(): () => Took {
  const [wall, cpu] = [now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { wall: now() - wall, cpu: (user + system) / 1_000 }
  }
}

/** A store that is shared with a peer in this process. */
function shared(folder: string, opened?: Set<string>) {
  const key = randomKey()
  const replicator = new Replicator(key)
  replicator.use(new FeedStore(noting(file(folder), opened)))
  const far = replic8(key, { live: true })
  replicator.connect(far.stream)
  return { replicator, far }
}

/** Notes of which feeds any file is asked for. */
function noting(storage: Storage & { pooled?(): Storage }, opened = new Set<string>()): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const { pooled } = target
      return name === 'pooled' && pooled ? () => noting(pooled(), opened) : Reflect.get(target, name)
    },
    apply(target, _self, [name]: [string]) {
      const [folder, hex] = name.split('/')
      if (folder === 'feeds') opened.add(hex as string)
      return target(name)
    },
  })
}

/** Files below a folder that this process has open; null where the system does not tell. */
function descriptors(folder: string): number | null {
  if (process.platform !== 'linux') return null
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      // Closed meanwhile.
      return false
    }
  }).length
}

const greater = (a: number | null, b: number | null) => (a === null || b === null ? null : Math.max(a, b))

function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}
