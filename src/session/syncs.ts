import { type ErrorCode, Replic8Error } from '../errors.ts'
import type { Direction, NegotiationEvent, SyncedFeed, SyncFilter } from '../negotiation/events.ts'
import { toHexKey } from './core.ts'
import type { Cores } from './cores.ts'

/** What `synced` waits for; what is left out matches everything. */
export interface SyncOptions {
  /** null: offers without a namespace. */
  namespace?: string | null
  keys?: readonly (Uint8Array | string)[]
  direction?: Direction
  /** Milliseconds after which it rejects with ERR_TIMEOUT. Default: none. */
  timeout?: number
}

/** What was caught up. */
export interface SyncReport {
  /** `length` in blocks, of the offered core itself; `bytes` of payload on this session in that direction. */
  feeds: { key: Buffer; namespace: string | null; direction: Direction; length: number; bytes: number }[]
}

interface Waiter {
  resolve(report: SyncReport): void
  reject(error: Error): void
}

/** The promises that wait for everything agreed on to be caught up. */
export class Syncs {
  private readonly cores: Cores
  private readonly handle: (event: NegotiationEvent) => void
  private readonly waiters = new Map<number, Waiter>()
  private nextId = 0
  private closed: Error | null = null

  constructor(cores: Cores, handle: (event: NegotiationEvent) => void) {
    this.cores = cores
    this.handle = handle
  }

  wait(options: SyncOptions = {}): Promise<SyncReport> {
    const waiter = this.nextId++
    const promise = new Promise<SyncReport>((resolve, reject) => {
      const filter = filterOf(options)
      if (this.closed) return reject(this.closed)
      this.waiters.set(waiter, { resolve, reject })
      // A timer of more than 2^31 - 1 ms would be over at once.
      if (options.timeout !== undefined && options.timeout < 2 ** 31) this.limit(waiter, options.timeout)
      this.handle({ type: 'await-sync', waiter, filter })
    })
    promise.catch(() => {})
    return promise
  }

  synced(id: number, feeds: SyncedFeed[]) {
    this.take(id)?.resolve({
      feeds: feeds.map(({ key, namespace, direction, lengths }) => {
        const traffic = this.cores.trafficOf(key)
        const bytes = direction === 'in' ? traffic.received : traffic.sent
        return { key: this.cores.keyOf(key), namespace, direction, length: lengths[0] ?? 0, bytes }
      }),
    })
  }

  failed(id: number, code: ErrorCode, key?: string) {
    this.take(id)?.reject(new Replic8Error(code, key && `Feed ${key} can not be caught up.`))
  }

  end(error: Error) {
    this.closed = error
    for (const id of [...this.waiters.keys()]) this.take(id)?.reject(error)
  }

  private limit(id: number, ms: number) {
    const timer = setTimeout(() => {
      this.handle({ type: 'forget-sync', waiter: id })
      this.take(id)?.reject(new Replic8Error('ERR_TIMEOUT', `Not caught up within ${ms} ms.`))
    }, ms)
    const waiter = this.waiters.get(id) as Waiter
    const { resolve, reject } = waiter
    waiter.resolve = (report) => {
      clearTimeout(timer)
      resolve(report)
    }
    waiter.reject = (error) => {
      clearTimeout(timer)
      reject(error)
    }
  }

  private take(id: number): Waiter | undefined {
    const waiter = this.waiters.get(id)
    this.waiters.delete(id)
    return waiter
  }
}

/** Errors: ERR_BAD_ARGUMENT, naming the field. */
function filterOf({ namespace, keys, direction, timeout }: SyncOptions): SyncFilter {
  check('namespace', namespace, namespace === null || typeof namespace === 'string')
  check('keys', keys, Array.isArray(keys))
  check('direction', direction, direction === 'in' || direction === 'out')
  check('timeout', timeout, typeof timeout === 'number' && timeout >= 0)
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(keys === undefined ? {} : { keys: keys.map(toHexKey) }),
    ...(direction === undefined ? {} : { direction }),
  }
}

function check(name: string, value: unknown, isGood: boolean) {
  if (value === undefined || isGood) return
  throw new Replic8Error(
    'ERR_BAD_ARGUMENT',
    `synced takes { namespace, keys, direction, timeout }; ${name} is none.`,
  )
}
