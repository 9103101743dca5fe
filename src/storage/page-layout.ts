/**
 * How files lie in a database.
 *
 * | store   | key                      | value                                                            |
 * |---------|--------------------------|------------------------------------------------------------------|
 * | `pages` | `[filename, page number]`| Uint8Array, at most `pageSize` bytes; what is missing is zero     |
 * | `files` | filename                 | the size of the file in bytes                                     |
 */
export const pagesStore = 'pages'
export const filesStore = 'files'

/**
 * Bytes in a page; another number is another version of the database. Smaller: more requests for a block. Larger: more
 * is rewritten for the 40 bytes that a block adds to the tree.
 */
export const pageSize = 16_384

/** The keys of a file's pages from number `from` up to, and not including, `to`. */
export function pageRange(filename: string, from: number, to: number): IDBKeyRange {
  return IDBKeyRange.bound([filename, from], [filename, to], false, true)
}

/** The page as it is stored: not a byte more than the file has, since a clone copies the whole buffer. */
export function storedPage(page: Uint8Array, index: number, fileSize: number): Uint8Array {
  const length = Math.max(0, Math.min(page.length, fileSize - index * pageSize))
  return length === page.buffer.byteLength ? page : page.slice(0, length)
}
