import { type Core, keyHex, toHexKey } from '../session/core.ts'
import type { CoreStore, FeedQuestion, StoreHost } from './core-store.ts'
import { containErrors, whenOpen } from './feed-store-foreign.ts'

/** A hyperdrive 10. */
export type Drive = Core & { on(event: 'error', handler: () => void): unknown }

export interface DrivesOptions<D extends Drive = Drive> {
  /** Makes or opens the drive of a key that a peer offers; null or undefined: it is not taken. Default: none is taken. */
  create?: (
    key: Buffer,
    header: FeedQuestion['header'],
  ) => D | null | undefined | Promise<D | null | undefined>
}

/** What `fromDrives` gives: a store to which drives can be added later. */
export interface DriveStore<D extends Drive = Drive> extends CoreStore {
  /** All drives, those taken from peers too. */
  readonly drives: readonly D[]
  /** Adds a drive, and offers it to the peers; one that fails to open is a problem of its own. */
  add(drive: D): void
}

/**
 * Hyperdrives 10 as a store, each metadata and content under one key. Their header says `type: 'hyperdrive'`; an offer
 * whose header has another type is left to other stores. Which drives were taken is not remembered over a restart.
 */
export function fromDrives<D extends Drive>(
  drives: Iterable<D>,
  { create }: DrivesOptions<D> = {},
): DriveStore<D> {
  const all = new Set<D>()
  const making = new Map<string, Promise<D | undefined>>()
  let hosts: { host: StoreHost; namespace: string | null }[] = []

  const hold = (drive: D) => {
    all.add(drive)
    containErrors(drive)
  }
  for (const drive of drives) hold(drive)

  const find = async (hex: string): Promise<D | undefined> => {
    const isIt = (drive: D) => keyHex(drive) === hex
    const known = [...all].find(isIt)
    if (known) return known
    // The key of a drive that is made here is known when it is open.
    await Promise.allSettled([...all].filter((drive) => !keyHex(drive)).map(whenOpen))
    return [...all].find(isIt)
  }
  const make = async (key: Buffer, header: FeedQuestion['header']): Promise<D | undefined> => {
    const held = await find(toHexKey(key))
    if (held) return held
    const drive = await create?.(Buffer.from(key), header)
    if (!drive) return undefined
    containErrors(drive)
    await whenOpen(drive)
    hold(drive)
    return drive
  }

  return {
    name: 'drives',
    get drives() {
      return [...all]
    },
    add(drive: D) {
      if (all.has(drive)) return
      hold(drive)
      for (const { host, namespace } of hosts) host.announce(namespace, drive)
    },
    share: () => [...all],
    async describe({ key }) {
      return (await find(toHexKey(key))) ? { type: 'hyperdrive' } : undefined
    },
    resolve: (key: Buffer) => find(toHexKey(key)),
    async store({ key, header }: FeedQuestion) {
      const { type = 'hyperdrive' } = header
      if (!create || type !== 'hyperdrive') return null
      const hex = toHexKey(key)
      const made = making.get(hex) ?? make(key, header).finally(() => making.delete(hex))
      making.set(hex, made)
      return made
    },
    mounted(host: StoreHost, namespace: string | null) {
      hosts.push({ host, namespace: namespace === '*' ? null : namespace })
    },
    close() {
      hosts = []
    },
  }
}
