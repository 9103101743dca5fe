import { idb } from '../../src/storage/idb.ts'
import { appendAll, closeCore, openCore } from './cores.ts'
import { codeOf, pattern, promised } from './promised-file.ts'

/** What a second tab can do, in its own page with its own copy of every module. */
const tab = {
  async open(database: string, directory: string) {
    const core = await openCore(idb(database), directory)
    return {
      append: (seed: number) => appendAll(core, [pattern(1000, seed)]),
      close: () => closeCore(core),
    }
  },
  openCode: (database: string, directory: string) => codeOf(openCore(idb(database), directory)),
  file: (database: string, filename: string) => promised(idb(database)(filename)),
}

export type Tab = typeof tab

// Told to the page that made this one, which waits for it.
;(window as { ontab?: (tab: Tab) => void }).ontab?.(tab)
