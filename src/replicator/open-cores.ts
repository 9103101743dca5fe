import hypercore from 'hypercore'
import { Replic8Error } from '../errors.ts'
import type { RandomAccessStorage, Storage } from '../random-access-storage.ts'
import { noiseKeyPair } from '../session/engine.ts'
import { call, storageFailure } from './feed-store-files.ts'
import type { StoredFeed } from './feed-store-types.ts'
import { type Lengths, noting, wholeLength } from './rest-lengths.ts'
import { Turns } from './turns.ts'

export interface OpenCoresOptions {
  /** Idle cores that stay open. */
  maxOpen: number
  /** Milliseconds that whoever had a core opened has to begin with it. */
  idleAfter: number
  /** For hypercore. */
  core: Record<string, unknown>
}

interface Entry {
  readonly hex: string
  /** As it was closed. */
  readonly restLength: number | undefined
  /** The storage has less than the core in memory. */
  incomplete: boolean
  core: StoredFeed | null
  opening: Promise<StoredFeed>
  closing: Promise<void> | null
  /** The application has it: it closes with the store. */
  pinned: boolean
  /** Short uses that are under way. */
  uses: number
  /** Until then it counts as in use, in ms since 1970. */
  lentUntil: number
}

/** The folder of a feed in the storage. */
export const folderOf = (hex: string) => `feeds/${hex}`

/**
 * The cores of a store that are open, each once. A core is in use while the application has it, while it has peers, or
 * while anybody listens to it; of the others, the ones used last stay open, `maxOpen` of them.
 */
export class OpenCores {
  private readonly storage: Storage
  private readonly options: OpenCoresOptions
  private readonly lengths: Lengths
  private readonly watchers = new Map<string, Set<(core: StoredFeed) => void>>()
  private readonly entries = new Map<string, Entry>()
  /** Those that may be idle, the ones used last at the end. */
  private readonly resting = new Set<Entry>()
  private readonly uses: Turns
  /** Those that are opened all at once have their files opened and closed in turns, where only so many can be open. */
  private readonly openings = new Turns(32)
  private readonly noiseKeyPair = noiseKeyPair()
  private timer: ReturnType<typeof setTimeout> | null = null
  private closed = false

  constructor(storage: Storage, lengths: Lengths, options: OpenCoresOptions) {
    this.storage = storage
    this.lengths = lengths
    this.options = options
    this.uses = new Turns(Math.max(1, options.maxOpen))
  }

  /** Cores that are open, or are being opened or closed. */
  get size(): number {
    return this.entries.size
  }

  /** The core, where it is open. */
  current(hex: string): StoredFeed | undefined {
    const entry = this.entries.get(hex)
    const core = entry?.closing ? undefined : entry?.core
    return core && !core.closing ? core : undefined
  }

  /** Blocks of a core that nobody can have changed yet, all of them here; undefined where that is not known. */
  restLength(hex: string): number | undefined {
    const entry = this.entries.get(hex)
    if (!entry) return this.lengths.lengthOf(hex)
    return entry.core || entry.closing ? undefined : entry.restLength
  }

  /** Calls `onopen` with a core whenever it opens, before anybody else has it; at once where it is open. */
  watch(hex: string, onopen: (core: StoredFeed) => void): () => void {
    const watchers = this.watchers.get(hex) ?? new Set()
    this.watchers.set(hex, watchers.add(onopen))
    const core = this.current(hex)
    if (core) onopen(core)
    return () => {
      watchers.delete(onopen)
      if (watchers.size === 0 && this.watchers.get(hex) === watchers) this.watchers.delete(hex)
    }
  }

  isPinned(hex: string): boolean {
    return this.entries.get(hex)?.pinned === true
  }

  /**
   * Opens a core, for good with `pin`, else until it is idle. Makes it where it is not.
   * Errors: ERR_STORAGE_LOCKED, ERR_STORAGE, ERR_CLOSED.
   */
  async open(
    hex: string,
    { pin = false, secretKey = undefined as Uint8Array | undefined } = {},
  ): Promise<StoredFeed> {
    const claim = (entry: Entry) => {
      entry.pinned ||= pin
      entry.lentUntil = Date.now() + this.options.idleAfter
      this.rest(entry)
    }
    return (await this.claim(hex, claim, secretKey)).opening
  }

  /** Does something short with a core, which can be closed again right afterwards; `maxOpen` at a time, at most. */
  async use<T>(hex: string, task: (core: StoredFeed) => T | Promise<T>): Promise<T> {
    return this.uses.run(async () => {
      const entry = await this.claim(hex, (one) => one.uses++)
      try {
        return await task(await entry.opening)
      } finally {
        entry.uses--
        this.rest(entry)
        await this.sweep()
      }
    })
  }

  /** Closes a core, whoever uses it. */
  async close(hex: string): Promise<void> {
    const entry = this.entries.get(hex)
    if (entry) await this.shut(entry)
  }

  /** Closes everything, also when one of them fails to; rejects with the first failure. */
  async closeAll(): Promise<void> {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
    const closed = await Promise.allSettled([...this.entries.values()].map((entry) => this.shut(entry)))
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  /** Marks the entry of a core in the same turn in which it was found, so that nobody closes it in between. */
  private async claim(hex: string, mark: (entry: Entry) => void, secretKey?: Uint8Array): Promise<Entry> {
    for (;;) {
      if (this.closed) throw new Replic8Error('ERR_CLOSED', 'The feed store was closed.')
      const entry = this.entries.get(hex) ?? this.begin(hex, secretKey)
      // Also one that the application is closing: two of one core would fork it.
      if (entry.closing || entry.core?.closing) await this.shut(entry)
      else {
        mark(entry)
        return entry
      }
    }
  }

  private begin(hex: string, secretKey?: Uint8Array): Entry {
    const entry: Entry = {
      hex,
      restLength: this.lengths.lengthOf(hex),
      incomplete: false,
      core: null,
      closing: null,
      pinned: false,
      uses: 0,
      lentUntil: 0,
      opening: never,
    }
    this.lengths.setLength(hex, undefined)
    this.entries.set(hex, entry)
    entry.opening = this.openings
      .run(() => this.start(entry, secretKey))
      .then(
        (core) => this.take(entry, core),
        (error) => {
          this.forget(entry)
          throw error
        },
      )
    return entry
  }

  private async start(entry: Entry, secretKey?: Uint8Array): Promise<StoredFeed> {
    const { hex } = entry
    const files: RandomAccessStorage[] = []
    const storage = (name: string) => {
      const file = this.storage(`${folderOf(hex)}/${name}`)
      files.push(file)
      return name === 'bitfield' ? noting(file, () => (entry.incomplete = true)) : file
    }
    try {
      const { noiseKeyPair } = this
      const core = hypercore(storage, Buffer.from(hex, 'hex'), {
        noiseKeyPair,
        ...this.options.core,
        ...(secretKey ? { secretKey } : {}),
      })
      // hypercore emits the error of its open as well, and throws where nobody listens.
      core.on('error', () => {})
      // Each session listens: many of one core are no leak.
      core.setMaxListeners(0)
      await call((cb) => core.ready(cb))
      return core
    } catch (error) {
      // hypercore does not close what it could not open.
      await Promise.all(files.map((file) => call((cb) => file.close(cb)).catch(() => {})))
      throw storageFailure(error)
    }
  }

  private take(entry: Entry, core: StoredFeed): StoredFeed {
    entry.core = core
    const onrest = () => {
      this.rest(entry)
      this.sweepSoon()
    }
    core.on('close', () => this.forget(entry))
    core.on('peer-remove', onrest)
    core.on('removeListener', onrest)
    for (const onopen of this.watchers.get(entry.hex) ?? []) onopen(core)
    return core
  }

  private forget(entry: Entry) {
    if (this.entries.get(entry.hex) === entry) this.entries.delete(entry.hex)
    this.resting.delete(entry)
  }

  private shut(entry: Entry): Promise<void> {
    entry.closing ??= (async () => {
      try {
        const core = await entry.opening.catch(() => null)
        if (core) await call((cb) => core.close(cb))
        if (core && !entry.incomplete) this.lengths.setLength(entry.hex, wholeLength(core))
      } finally {
        this.forget(entry)
      }
    })()
    return entry.closing
  }

  private rest(entry: Entry) {
    if (entry.closing || this.entries.get(entry.hex) !== entry) return
    this.resting.delete(entry)
    this.resting.add(entry)
    if (this.resting.size > this.options.maxOpen) this.sweepSoon()
  }

  private sweepSoon() {
    if (this.timer || this.closed) return
    this.timer = setTimeout(() => {
      this.timer = null
      void this.sweep()
    }, this.options.idleAfter)
    ;(this.timer as { unref?(): void }).unref?.()
  }

  /** Closes idle cores beyond those that may stay open. */
  private async sweep(): Promise<void> {
    if (this.resting.size <= this.options.maxOpen) return
    const now = Date.now()
    const closing: Promise<void>[] = []
    for (const entry of this.resting) {
      if (this.resting.size <= this.options.maxOpen) break
      // Taken up again when its last peer or listener goes.
      if (isInUse(entry)) this.resting.delete(entry)
      else if (entry.lentUntil > now) this.sweepSoon()
      else if (entry.uses === 0 && entry.core) {
        this.resting.delete(entry)
        closing.push(this.shut(entry))
      }
    }
    await Promise.allSettled(closing)
  }
}

/** Until an entry is opening. */
const never = new Promise<never>(() => {})

/** What the store itself listens to. Whoever listens to errors only would not miss the core. */
const ownListeners = new Map<string | symbol, number>([
  ['error', Number.POSITIVE_INFINITY],
  ['close', 1],
  ['peer-remove', 1],
  ['removeListener', 1],
])

function isInUse({ pinned, core }: Entry): boolean {
  if (pinned || !core) return pinned
  return (
    core.peers.length > 0 ||
    core.eventNames().some((name) => core.listenerCount(name) > (ownListeners.get(name) ?? 0))
  )
}
