import { Replic8Error } from '../errors.ts'
import type { Storage } from '../random-access-storage.ts'
import { Journal } from './feed-store-journal.ts'

/** Records beyond twice the entries, from which on a rewrite is worth it. */
const garbage = 64

/** What was changed and is not in the storage yet. */
interface Change<V> {
  record: [id: string, value?: V]
  undo(): void
  resolve(): void
  reject(error: unknown): void
}

/**
 * A small persistent map of JSON values by id: all of it in memory, read at once, written as it changes. Changes that
 * come while others are written go out together. What was acknowledged survives a crash at any point.
 *
 * Errors: those of the journal, and ERR_CLOSED.
 */
export class FeedIndex<V> {
  private readonly journal: Journal
  private readonly values = new Map<string, V>()
  private changes: Change<V>[] = []
  private writing: Promise<void> | null = null
  private closed = false

  /** @param folder of its own in the storage */
  constructor(storage: Storage, folder: string) {
    this.journal = new Journal(storage, folder)
  }

  /** Reads everything. After an error it is closed. */
  async open(): Promise<void> {
    try {
      for (const record of await this.journal.open()) {
        const [id, value] = record as Change<V>['record']
        if (value === undefined) this.values.delete(id)
        else this.values.set(id, value)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** It was closed in order the last time. */
  get wasClosed(): boolean {
    return this.journal.wasClosed
  }

  get(id: string): V | undefined {
    return this.values.get(id)
  }

  entries(): IterableIterator<[string, V]> {
    return this.values.entries()
  }

  /** Takes effect at once; resolves when the storage has it, and is taken back when that fails. */
  set(id: string, value: V): Promise<void> {
    const before = this.values.get(id)
    return this.change([id, value], () => this.values.set(id, value), before)
  }

  delete(id: string): Promise<void> {
    const before = this.values.get(id)
    if (before === undefined) return Promise.resolve()
    return this.change([id], () => this.values.delete(id), before)
  }

  /**
   * Resolves when everything is written and the files are closed.
   * @param inOrder the next `open` may be told that it was closed in order
   */
  async close(inOrder = false): Promise<void> {
    this.closed = true
    await this.writing
    await this.journal.close(inOrder)
  }

  private change(record: Change<V>['record'], apply: () => void, before: V | undefined): Promise<void> {
    if (this.closed) return Promise.reject(new Replic8Error('ERR_CLOSED', 'The feed store was closed.'))
    const [id, value] = record
    const undo = () => {
      if (this.values.get(id) !== value) return
      if (before === undefined) this.values.delete(id)
      else this.values.set(id, before)
    }
    apply()
    return new Promise((resolve, reject) => {
      this.changes.push({ record, undo, resolve, reject })
      this.writing ??= this.write()
    })
  }

  private async write() {
    while (this.changes.length > 0) {
      const changes = this.changes
      this.changes = []
      try {
        await this.save(changes.map(({ record }) => record))
        for (const { resolve } of changes) resolve()
      } catch (error) {
        for (const { undo } of changes.reverse()) undo()
        for (const { reject } of changes) reject(error)
      }
    }
    // In the same turn in which there was nothing left, so that no change comes in between.
    this.writing = null
  }

  private save(records: Change<V>['record'][]): Promise<void> {
    const { journal, values } = this
    const mostlyGarbage = journal.count + records.length > 2 * values.size + garbage
    // The values have the changes in them already.
    return journal.needsRewrite || mostlyGarbage ? journal.rewrite([...values]) : journal.append(records)
  }
}
