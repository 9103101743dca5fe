import { messageOf, Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { CoreStore } from './core-store.ts'
import { storeMethods } from './core-store.ts'

/** One store, mounted. '*': in every namespace. */
export interface Mount {
  readonly namespace: string | null
  readonly store: CoreStore
  readonly name: string
}

/** What `use` gives back. */
export interface Mounted {
  /** Takes the store out: what only it shared is taken back from the peers. The store is not closed. */
  unmount(): void
}

/** The feed that a problem is about. */
export interface Where {
  key?: Buffer
  namespace?: Namespace
}

/** The mounted stores in their order, and the way to ask one without being hurt by it. */
export class Stack {
  /** Changes whenever a store comes or goes. */
  version = 0
  private mounts: Mount[] = []
  private isOver = false
  private readonly timeout: number
  private readonly onproblem: (error: Replic8Error, where: Where) => void
  /** Gives up the questions that have no answer yet. */
  private readonly pending = new Set<() => void>()

  /** @param timeout ms that a store has to answer */
  constructor(timeout: number, onproblem: (error: Replic8Error, where: Where) => void) {
    this.timeout = timeout
    this.onproblem = onproblem
  }

  /** Errors: ERR_BAD_ARGUMENT for an object without any method of a store. */
  mount(namespace: unknown, store: unknown, first: boolean): Mount {
    if (!isStore(store))
      throw new Replic8Error('ERR_BAD_ARGUMENT', `A core store has one of ${storeMethods.join(', ')}.`)
    if (namespace !== null && typeof namespace !== 'string')
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'A namespace is a string, or null for none.')
    const name = store.name ?? store.constructor?.name ?? 'store'
    const mount = { namespace, store, name }
    this.mounts = first ? [mount, ...this.mounts] : [...this.mounts, mount]
    this.version++
    return mount
  }

  unmount(mount: Mount) {
    this.mounts = this.mounts.filter((one) => one !== mount)
    this.version++
  }

  has(mount: Mount): boolean {
    return this.mounts.includes(mount)
  }

  /** All of them, first mounted first. */
  get all(): readonly Mount[] {
    return this.mounts
  }

  /** Those that decide what is taken in a namespace: first mounted first. */
  accepting(namespace: Namespace): Mount[] {
    return this.mounts.filter((mount) => serves(mount, namespace))
  }

  /** Those that decide what is offered in a namespace: last mounted first. */
  sharing(namespace: Namespace): Mount[] {
    return this.accepting(namespace).reverse()
  }

  /** Whether feeds can be taken in a namespace: one of its stores owns feeds. */
  takes(namespace: Namespace): boolean {
    return this.accepting(namespace).some(({ store }) => store.store || store.resolve)
  }

  /** Asks a store. Gives `failed` when it throws, rejects or does not answer in time; the problem is told. */
  async ask<T>(mount: Mount, question: () => T | PromiseLike<T>, failed: T, where: Where = {}): Promise<T> {
    return this.isOver ? failed : this.put(mount, question, failed, where)
  }

  /** Asks nobody any more: each question that is under way has failed, and that is no problem. */
  giveUp() {
    this.isOver = true
    for (const giveUp of this.pending) giveUp()
  }

  /** Closes the stores, the first mounted first, each once. */
  async close() {
    this.giveUp()
    const closed = new Set<CoreStore>()
    for (const mount of this.mounts) {
      const { store } = mount
      if (store.close && !closed.has(store)) await this.put(mount, () => store.close?.(), undefined, {})
      closed.add(store)
    }
  }

  private async put<T>(mount: Mount, question: () => T | PromiseLike<T>, failed: T, where: Where) {
    try {
      const answer = question()
      return isPromise(answer) ? await this.inTime(mount, answer) : answer
    } catch (error) {
      if (error !== givenUp) this.onproblem(storeError(mount, error), where)
      return failed
    }
  }

  private inTime<T>(mount: Mount, answer: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        clearTimeout(timer)
        this.pending.delete(giveUp)
        action()
      }
      const giveUp = () => settle(() => reject(givenUp))
      const timer = setTimeout(() => settle(() => reject(late(mount, this.timeout))), this.timeout)
      this.pending.add(giveUp)
      answer.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      )
    })
  }
}

export function serves(mount: Mount, namespace: Namespace): boolean {
  return mount.namespace === '*' || mount.namespace === namespace
}

/** What a store did wrong, with its name. */
export function storeError(mount: Mount, error: unknown): Replic8Error {
  if (error instanceof Replic8Error && error.code === 'ERR_STORE_TIMEOUT') return error
  return new Replic8Error('ERR_STORE_FAILED', `The store "${mount.name}": ${messageOf(error)}`, {
    cause: error,
  })
}

const givenUp = Symbol('given up')

function late(mount: Mount, ms: number): Replic8Error {
  return new Replic8Error('ERR_STORE_TIMEOUT', `The store "${mount.name}" gave no answer within ${ms} ms.`)
}

function isStore(value: unknown): value is CoreStore {
  if (typeof value !== 'object' || value === null) return false
  return [...storeMethods, 'keyPair'].some(
    (method) => typeof (value as Record<string, unknown>)[method] === 'function',
  )
}

/** What follows from an answer of a store, at once where it is no promise. */
export function following<T, R>(
  answer: T | PromiseLike<T>,
  next: (value: T) => R | PromiseLike<R>,
): R | PromiseLike<R> {
  return isPromise(answer) ? answer.then(next) : next(answer)
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null)?.then === 'function'
}
