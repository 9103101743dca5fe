import { answerOf } from './idb-request.ts'
import { pageRange, pagesStore } from './page-layout.ts'

const empty = new Uint8Array(0)

/**
 * A file's pages from number `from` up to, and not including, `to`; empty where the database has none. Together, since
 * a request for each page costs several times as much.
 */
export async function readPages(
  transaction: IDBTransaction,
  filename: string,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const store = transaction.objectStore(pagesStore)
  if (to - from === 1) return [(await answerOf(store.get([filename, from]))) ?? empty]
  const range = pageRange(filename, from, to)
  const found: Uint8Array<ArrayBuffer>[] = await answerOf(store.getAll(range))
  if (found.length === to - from) return found

  const keys = (await answerOf(store.getAllKeys(range))) as [string, number][]
  const pages: Uint8Array[] = Array.from({ length: to - from }, () => empty)
  for (const [i, [, index]] of keys.entries()) pages[index - from] = found[i] ?? empty
  return pages
}
