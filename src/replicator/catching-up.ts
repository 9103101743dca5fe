import { type ErrorCode, Replic8Error } from '../errors.ts'
import { toHexKey } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { SyncOptions, SyncReport } from '../session/syncs.ts'
import type { Exchange } from './exchange.ts'

type Feeds = SyncReport['feeds']

/** What a session answers about a key that is no matter of it. */
const notHere = new Set<unknown>(['ERR_NOT_OFFERED', 'ERR_DECLINED', 'ERR_WITHDRAWN'] satisfies ErrorCode[])

/**
 * Waits until the sessions are caught up. One that never opened was no peer. One that ended, and has another with its
 * peer, is waited for there. Another may leave feeds behind that were not complete; those that no other peer gives make
 * it fail.
 * Errors: for a key that no peer has agreed on, ERR_NOT_OFFERED, ERR_DECLINED or ERR_WITHDRAWN; a session's own.
 */
export async function catchUp(
  sessions: readonly Session[],
  exchange: Exchange,
  options: SyncOptions,
  successorOf: (session: Session) => Session | undefined,
): Promise<SyncReport> {
  const { keys, ...rest } = options
  const reasons = new Map<string, unknown>()
  const wanted = keys?.map((key) => toHexKey(key))
  const waitedFor = new Set(sessions)
  const caughtUp = async (session: Session): Promise<Feeds> => {
    if (!(await isPeer(session))) return []
    await exchange.joined(session)
    const taken = exchange.takenOf(session)
    const wait = async (filter: SyncOptions, key?: string): Promise<Feeds> => {
      try {
        // The first batches have gone and are answered; what a slow store took late is under way again.
        await session.synced({ keys: [] })
        await exchange.settled()
        return (await session.synced(filter)).feeds
      } catch (error) {
        const successor = session.isOpen ? undefined : successorOf(session)
        if (successor) return takeOver(successor)
        if (key && session.isOpen && notHere.has((error as Replic8Error).code)) reasons.set(key, error)
        else if (session.isOpen || isLacking(session, taken, sessions, exchange, key)) throw error
        return []
      }
    }
    if (!wanted) return wait(rest)
    return (await Promise.all(wanted.map((key) => wait({ ...rest, keys: [key] }, key)))).flat()
  }
  const takeOver = (session: Session): Feeds | Promise<Feeds> => {
    if (waitedFor.has(session)) return []
    waitedFor.add(session)
    return caughtUp(session)
  }
  const feeds = (await Promise.all(sessions.map(caughtUp))).flat()
  for (const hex of new Set(wanted)) {
    if (feeds.some(({ key }) => key.toString('hex') === hex)) continue
    throw reasons.get(hex) ?? new Replic8Error('ERR_NOT_OFFERED', `No peer has offered or taken feed ${hex}.`)
  }
  return { feeds }
}

function isPeer(session: Session): Promise<boolean> {
  return session.opened.then(
    () => true,
    () => false,
  )
}

/** Whether a session that ended has left a feed incomplete that no other one gives. */
function isLacking(
  ended: Session,
  taken: ReadonlyMap<string, boolean> | undefined,
  sessions: readonly Session[],
  exchange: Exchange,
  key?: string,
): boolean {
  const others = sessions.filter((session) => session !== ended && session.isOpen)
  return [...(taken ?? [])].some(
    ([hex, isComplete]) =>
      !isComplete &&
      (key === undefined || key === hex) &&
      !others.some((session) => exchange.takenOf(session)?.has(hex)),
  )
}

/** Rejects with ERR_TIMEOUT after so many ms; without a number, never. */
export async function within<T>(promise: Promise<T>, ms: number | undefined): Promise<T> {
  if (ms === undefined) return promise
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Replic8Error('ERR_TIMEOUT', `Not caught up within ${ms} ms.`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
