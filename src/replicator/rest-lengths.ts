import type { RandomAccessStorage } from '../random-access-storage.ts'
import type { StoredFeed } from './feed-store-types.ts'

/** Remembers how many blocks closed cores have, of which all are here. */
export interface Lengths {
  lengthOf(hex: string): number | undefined
  /** undefined: it may change from here on. */
  setLength(hex: string, length: number | undefined): void
}

/** Calls `onfail` when something could not be written. */
export function noting(file: RandomAccessStorage, onfail: () => void): RandomAccessStorage {
  const write = file.write.bind(file)
  file.write = (offset, data, cb) =>
    write(offset, data, (error) => {
      if (error) onfail()
      cb?.(error)
    })
  return file
}

/** Blocks of a closed core, where its storage has every block that the core knows of, and there is no gap. */
export function wholeLength(core: StoredFeed): number | undefined {
  const { length, bitfield } = core as StoredFeed & { bitfield?: { pages?: { updates?: unknown[] } } }
  const isStored = bitfield?.pages?.updates?.length === 0
  return isStored && (length === 0 || core.downloaded(0, length) === length) ? length : undefined
}
