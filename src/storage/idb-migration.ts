import { answerOf } from './idb-request.ts'
import { filesStore, pageSize, pagesStore } from './page-layout.ts'

/**
 * The layout of random-access-idb 1.2.2, read from its source: one store; the key of a block is the name of its file, a zero
 * character and its number in decimal, the key of the file's length the same with `length`.
 */
export const stockStore = 'data'
export const randomAccessIdbVersion = 1
const delimiter = '\0'
const defaultBlockSize = 4096

interface StockFile {
  length: number
  /** Number of the last block that is stored, -1 for none. */
  lastBlock: number
}

/** Copies every file into our stores, within the transaction that made them. Nothing is removed. */
export async function copyFromRandomAccessIdb(transaction: IDBTransaction): Promise<void> {
  const stock = transaction.objectStore(stockStore)
  for (const [name, file] of await stockFiles(stock)) await copyFile(transaction, stock, name, file)
}

async function stockFiles(stock: IDBObjectStore): Promise<Map<string, StockFile>> {
  const files = new Map<string, StockFile>()
  for (const key of await answerOf(stock.getAllKeys())) {
    const at = String(key).lastIndexOf(delimiter)
    if (at < 0) continue
    const name = String(key).slice(0, at)
    const last = String(key).slice(at + 1)
    const file = files.get(name) ?? { length: 0, lastBlock: -1 }
    files.set(name, file)
    if (last === 'length') file.length = Number(await answerOf(stock.get(key)))
    else file.lastBlock = Math.max(file.lastBlock, Number(last))
  }
  return files
}

async function copyFile(transaction: IDBTransaction, stock: IDBObjectStore, name: string, file: StockFile) {
  const pages = transaction.objectStore(pagesStore)
  const block = (index: number) => answerOf<Uint8Array | undefined>(stock.get(name + delimiter + index))
  const blockSize = (await block(file.lastBlock))?.length ?? defaultBlockSize
  // Overlapping writes made random-access-idb store too short a length, while the blocks were all there.
  const size = file.lastBlock * blockSize >= file.length ? (file.lastBlock + 1) * blockSize : file.length
  await answerOf(transaction.objectStore(filesStore).put(size, name))

  for (let index = 0; index * pageSize < size; index++) {
    const page = new Uint8Array(Math.min(pageSize, size - index * pageSize))
    const start = index * pageSize
    for (let i = Math.floor(start / blockSize); i * blockSize < start + page.length; i++) {
      const bytes = await block(i)
      if (bytes) copyOverlap(bytes, i * blockSize - start, page)
    }
    await answerOf(pages.put(page, [name, index]))
  }
}

/** Copies what of `bytes` falls into `page` when its first byte belongs at `at`, which may be negative. */
function copyOverlap(bytes: Uint8Array, at: number, page: Uint8Array): void {
  const from = Math.max(0, -at)
  const to = Math.min(bytes.length, page.length - at)
  if (from < to) page.set(bytes.subarray(from, to), at + from)
}
