/** Whose pages these are. */
export interface PagesOwner {
  readonly name: string
  /** Lets a clean page go. */
  evict(page: Page): void
  /** Puts every change into `transaction`. */
  save(transaction: IDBTransaction): void
  /** What `save` put is committed. */
  saved(): void
  /** A transaction failed: goes back to what the database has. */
  reset(): void
}

/** A page in memory. It leaves memory only when what it holds is committed. */
export interface Page {
  readonly file: PagesOwner
  readonly index: number
  bytes: Uint8Array
  /** Changed since the last batch began. */
  dirty: boolean
  /** Part of the batch that is being committed. */
  writing: boolean
}

/** What a file needs of its database. */
export interface PageHome {
  /** Throws when the database is gone; what is in memory is gone with it. */
  check(): void
  /** A transaction that sees every batch that began before it. */
  reader(): IDBTransaction
  /** Puts the file into the next batch; resolves when that is committed. */
  commit(file: PagesOwner): Promise<void>
  /** The page was used; one that is clean may now leave memory when others are used more. */
  touch(page: Page): void
}
