import { Replic8Error } from '../errors.ts'
import { type Batch, newBatch } from './batch.ts'
import { directoryOf, isBelow, isLockFile } from './core-files.ts'
import { deleteDatabase, openDatabase } from './idb-database.ts'
import { answerOf, endOf } from './idb-request.ts'
import { PageFile } from './page-file.ts'
import type { Page, PageHome, PagesOwner } from './page-home.ts'
import { filesStore, pagesStore } from './page-layout.ts'
import { coreLocked, storageError } from './storage-error.ts'
import { lockName, type Release, takeLock } from './web-lock.ts'

/** Clean pages that a database keeps in memory: 256 pages of 16 KiB are 4 MiB. */
const cachedPages = 256

/** Milliseconds between two transactions, at most, where one follows the other. */
const longestPause = 20

/** `relaxed`: committed when the operating system has it. `strict`: when it is on the disk. */
export type Durability = 'relaxed' | 'strict'

/** The one of each database that this page has open, by name; several `idb(name)` share it. */
const stores = new Map<string, PageStore>()

/** Opens the database, or shares it. Each success is paired with one `leave`. */
export async function enterStore(name: string, durability: Durability): Promise<PageStore> {
  let store = stores.get(name)
  if (!store) {
    store = new PageStore(name, durability)
    stores.set(name, store)
  }
  await store.enter()
  return store
}

/** Removes the whole database, whoever has it open; their files fail from then on. */
export async function removeStore(name: string): Promise<void> {
  stores.get(name)?.lose(new Replic8Error('ERR_NOT_FOUND', `The database "${name}" was removed.`))
  await deleteDatabase(name)
}

/**
 * The files of one database. All that was written while a transaction ran goes into the next one, whichever file it
 * belongs to, and is answered when that is committed: after a crash the files are as they were between two batches.
 */
export class PageStore implements PageHome {
  readonly name: string
  readonly #durability: Durability
  #opening: Promise<void> | undefined
  #database: IDBDatabase | undefined
  #lost: Replic8Error | undefined
  #users = 0
  readonly #files = new Map<string, PageFile>()
  readonly #locks = new Set<Release>()
  readonly #clean = new Set<Page>()
  #changed = new Set<PagesOwner>()
  #next: Batch | undefined
  #committing = false
  /** The last transaction followed directly on another. */
  #busy = false
  #reader: IDBTransaction | undefined

  constructor(name: string, durability: Durability) {
    this.name = name
    this.#durability = durability
  }

  async enter(): Promise<void> {
    this.#users++
    this.#opening ??= this.#open()
    try {
      await this.#opening
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** Closes the connection with the last user. */
  leave(): void {
    if (--this.#users > 0) return
    this.#forgetStore()
    this.#database?.close()
  }

  /** The file of a name, shared by all that have it open. Each is paired with one `closeFile`. */
  openFile(name: string): PageFile {
    this.check()
    let file = this.#files.get(name)
    if (!file) {
      file = new PageFile(this, name)
      this.#files.set(name, file)
    }
    file.users++
    return file
  }

  closeFile(file: PageFile): void {
    if (--file.users === 0) this.#files.delete(file.name)
  }

  /** Takes the lock of the core in `directory`; rejects with `ERR_STORAGE_LOCKED` when anybody has it. */
  async lock(directory: string): Promise<Release> {
    const release = await takeLock(lockName(this.name, directory))
    if (!release) throw coreLocked(directory)
    if (this.#lost) {
      await release()
      throw this.#lost
    }
    // Until now another tab may have written.
    for (const file of this.#files.values()) if (directoryOf(file.name) === directory) file.forget()
    const unlock = () => {
      this.#locks.delete(unlock)
      return release()
    }
    this.#locks.add(unlock)
    return unlock
  }

  /** The names of the files at or below `path`, sorted. */
  async list(path: string): Promise<string[]> {
    const names = await answerOf(this.reader().objectStore(filesStore).getAllKeys())
    return (names as string[]).filter((name) => isBelow(name, path))
  }

  /** Removes the files at or below `path`, in one transaction. */
  async remove(path: string): Promise<void> {
    const names = await this.list(path)
    const locks: Release[] = []
    try {
      for (const name of names.filter(isLockFile)) locks.push(await this.lock(directoryOf(name)))
      const files = names.map((name) => this.openFile(name))
      const removals = files.map((file) => file.remove())
      await Promise.all(removals).finally(() => {
        for (const file of files) this.closeFile(file)
      })
    } finally {
      await Promise.all(locks.map((release) => release()))
    }
  }

  reader(): IDBTransaction {
    if (this.#reader) return this.#reader
    this.#reader = this.check().transaction([pagesStore, filesStore], 'readonly')
    // A transaction takes requests until control returns to the browser.
    queueMicrotask(() => {
      this.#reader = undefined
    })
    return this.#reader
  }

  commit(file: PagesOwner): Promise<void> {
    this.check()
    this.#changed.add(file)
    if (!this.#next) {
      this.#next = newBatch()
      queueMicrotask(() => this.#flush())
    }
    return this.#next.promise
  }

  touch(page: Page): void {
    this.#clean.delete(page)
    if (page.dirty || page.writing) return
    this.#clean.add(page)
    if (this.#clean.size <= cachedPages) return
    for (const oldest of this.#clean) {
      this.#clean.delete(oldest)
      oldest.file.evict(oldest)
      return
    }
  }

  /** The connection is gone, or has to go: fails what is not committed, and whatever comes. */
  lose(error: Replic8Error): void {
    if (this.#lost) return
    this.#lost = error
    this.#forgetStore()
    this.#database?.close()
    this.#next?.reject(error)
    this.#next = undefined
    for (const release of this.#locks) void release()
  }

  async #open(): Promise<void> {
    const database = await openDatabase(this.name)
    this.#database = database
    database.onversionchange = () =>
      this.lose(
        new Replic8Error('ERR_STORAGE', `Another tab removes or upgrades the database "${this.name}".`),
      )
    database.onclose = () =>
      this.lose(new Replic8Error('ERR_STORAGE', `The browser closed the database "${this.name}".`))
    // Nobody waits any more, or it was removed in the meantime.
    if (this.#lost || this.#users === 0) database.close()
  }

  check(): IDBDatabase {
    if (this.#lost) throw this.#lost
    if (!this.#database) throw new Replic8Error('ERR_CLOSED', `The database "${this.name}" is not open.`)
    return this.#database
  }

  #forgetStore(): void {
    if (stores.get(this.name) === this) stores.delete(this.name)
  }

  async #flush(): Promise<void> {
    const batch = this.#next
    if (this.#committing || !batch) return
    const began = performance.now()
    this.#committing = true
    this.#next = undefined
    const files = this.#changed
    this.#changed = new Set()
    try {
      await this.#save(files)
      for (const file of files) file.saved()
      batch.resolve()
    } catch (error) {
      this.#giveUp(batch, files, storageError(this.#lost ?? error))
    }
    await this.#gather(performance.now() - began)
    this.#committing = false
    if (this.#next) void this.#flush()
  }

  /**
   * Where transactions follow each other more is coming, and one of many blocks costs little more than one of a single block: it is
   * waited for, twice as long as the last transaction took. Not for what belongs to one append, which takes two of them.
   */
  async #gather(took: number): Promise<void> {
    const wasBusy = this.#busy
    this.#busy = this.#next !== undefined
    if (wasBusy && this.#busy && !isHidden())
      await new Promise((resolve) => setTimeout(resolve, Math.min(longestPause, 2 * took)))
  }

  #save(files: Set<PagesOwner>): Promise<void> {
    const transaction = this.check().transaction([pagesStore, filesStore], 'readwrite', {
      durability: this.#durability,
    })
    // A read from now on has to see what this writes.
    this.#reader = undefined
    const end = endOf(transaction)
    try {
      for (const file of files) file.save(transaction)
      transaction.commit()
    } catch (error) {
      end.catch(() => {})
      transaction.abort()
      throw error
    }
    return end
  }

  /** What came after the failed batch was built on it, so it fails as well. */
  #giveUp(batch: Batch, files: Set<PagesOwner>, error: Replic8Error): void {
    for (const file of new Set([...files, ...this.#changed])) file.reset()
    this.#changed = new Set()
    batch.reject(error)
    this.#next?.reject(error)
    this.#next = undefined
  }
}

/** Of a hidden page timers run once a second. */
function isHidden(): boolean {
  return (globalThis as { document?: Document }).document?.hidden === true
}
