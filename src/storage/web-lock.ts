/** Gives the lock back; resolves when it is free for others. */
export type Release = () => Promise<void>

/** The name of the lock of the core in `directory` of a database. */
export function lockName(database: string, directory: string): string {
  return `replic8 ${JSON.stringify([database, directory])}`
}

/** Where a browser has no Web Locks (a page without TLS): at least one page does not fight itself. */
const held = new Set<string>()

/**
 * Takes the Web Lock `name` for as long as this page or worker lives, or until it is given back.
 * Resolves with undefined when anybody of this origin has it. Web Locks, W3C: a lock is not re-entrant, so a
 * second request from the same page is refused as well.
 */
export async function takeLock(name: string): Promise<Release | undefined> {
  const locks = globalThis.navigator?.locks
  return locks ? takeWebLock(locks, name) : takeLocalLock(name)
}

function takeWebLock(locks: LockManager, name: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const over = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined)
      return new Promise<void>((letGo) => {
        resolve(async () => {
          letGo()
          await over
        })
      })
    })
    over.catch(reject)
  })
}

function takeLocalLock(name: string): Release | undefined {
  if (held.has(name)) return undefined
  held.add(name)
  return async () => {
    held.delete(name)
  }
}
