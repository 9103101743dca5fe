/** Who a tab can be: a name, which is also a colour. The peers of a tab show it as it says itself. */
export const profileNames = [
  'Coral',
  'Teal',
  'Plum',
  'Amber',
  'Moss',
  'Indigo',
  'Rose',
  'Slate',
  'Ochre',
  'Jade',
  'Lilac',
  'Umber',
] as const

export interface Profile {
  name: string
  /** Of the database that holds what this profile wrote and took in this room. */
  database: string
}

/** Milliseconds that a reloaded tab waits for its own former page to let go of the profile. */
const handover = 2_000

/**
 * Takes a profile that no other tab of this room has, the one this tab had before if it can be. It is held by a Web
 * Lock, which the browser frees when the tab is closed, however that happens.
 * @param isShared with other browsers, which know nothing of these locks: then each begins anywhere in the list, so that
 * two of them seldom have the same name
 */
export async function claimProfile(room: string, isShared: boolean): Promise<Profile> {
  const remembered = `replic8-demo ${room}`
  const before = sessionStorage.getItem(remembered)
  // A duplicated tab comes with the other's memory, and finds the profile taken.
  const name =
    (before && (await claim(room, before, handover))) || (await claimFree(room, firstOf(room, isShared)))
  sessionStorage.setItem(remembered, name)
  return { name, database: databaseOf(room, name) }
}

/** Where this browser begins in the list: in this room always at the same place, so that who returns finds their feeds. */
function firstOf(room: string, isShared: boolean): number {
  const place = `replic8-demo ${room}`
  const first = Number(
    localStorage.getItem(place) ?? (isShared ? Math.floor(Math.random() * profileNames.length) : 0),
  )
  localStorage.setItem(place, String(first))
  return first
}

async function claimFree(room: string, first: number): Promise<string> {
  for (const name of names(first)) {
    if (await claim(room, name)) return name
  }
  throw new Error('No profile is free.')
}

/** The list, and when so many tabs are open, the list again with numbers. */
function* names(first: number): Generator<string> {
  const list = [...profileNames.slice(first), ...profileNames.slice(0, first)]
  for (let round = 1; ; round++) {
    for (const name of list) yield round === 1 ? name : `${name} ${round}`
  }
}

function claim(room: string, name: string, wait = 0): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options: LockOptions = wait > 0 ? { signal: AbortSignal.timeout(wait) } : { ifAvailable: true }
    navigator.locks
      .request(databaseOf(room, name), options, (lock) => {
        resolve(lock ? name : undefined)
        // For as long as the page lives.
        return lock ? new Promise<never>(() => {}) : undefined
      })
      .catch((error: DOMException) => (error.name === 'TimeoutError' ? resolve(undefined) : reject(error)))
  })
}

const databaseOf = (room: string, name: string) => `replic8-demo ${room} ${name}`
