import { messageOf, Replic8Error } from '../errors.ts'
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

/** The mounted stores in their order, and the way to ask one without being hurt by it. */
export class Stack {
  private mounts: Mount[] = []
  private readonly timeout: number
  private readonly onproblem: (error: Replic8Error) => void

  /** @param timeout ms that a store has to answer */
  constructor(timeout: number, onproblem: (error: Replic8Error) => void) {
    this.timeout = timeout
    this.onproblem = onproblem
  }

  /** Errors: ERR_BAD_ARGUMENT for an object without any method of a store. */
  mount(namespace: string | null, store: CoreStore, first: boolean): Mount {
    if (!isStore(store))
      throw new Replic8Error('ERR_BAD_ARGUMENT', `A core store has one of ${storeMethods.join(', ')}.`)
    const name = store.name ?? store.constructor?.name ?? 'store'
    const mount = { namespace, store, name }
    this.mounts = first ? [mount, ...this.mounts] : [...this.mounts, mount]
    return mount
  }

  unmount(mount: Mount) {
    this.mounts = this.mounts.filter((one) => one !== mount)
  }

  has(mount: Mount): boolean {
    return this.mounts.includes(mount)
  }

  /** All of them, first mounted first. */
  get all(): readonly Mount[] {
    return this.mounts
  }

  /** Those that decide what is taken in a namespace: first mounted first. */
  accepting(namespace: string | null): Mount[] {
    return this.mounts.filter((mount) => serves(mount, namespace))
  }

  /** Those that decide what is offered in a namespace: last mounted first. */
  sharing(namespace: string | null): Mount[] {
    return this.accepting(namespace).reverse()
  }

  /**
   * Asks a store. Gives `failed` when it throws, rejects or does not answer in time; the problem is told.
   */
  async ask<T>(mount: Mount, question: () => T | Promise<T>, failed: T): Promise<T> {
    try {
      const answer = question()
      return isPromise(answer) ? await this.inTime(mount, answer as Promise<T>) : (answer as T)
    } catch (error) {
      const detail = `The store "${mount.name}": ${messageOf(error)}`
      this.onproblem(
        error instanceof Replic8Error
          ? error
          : new Replic8Error('ERR_STORE_FAILED', detail, { cause: error }),
      )
      return failed
    }
  }

  private inTime<T>(mount: Mount, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Replic8Error(
            'ERR_STORE_TIMEOUT',
            `The store "${mount.name}" gave no answer within ${this.timeout} ms.`,
          ),
        )
      }, this.timeout)
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

function serves(mount: Mount, namespace: string | null): boolean {
  return mount.namespace === '*' || mount.namespace === namespace
}

function isStore(value: unknown): value is CoreStore {
  if (typeof value !== 'object' || value === null) return false
  return storeMethods.some((method) => typeof (value as Record<string, unknown>)[method] === 'function')
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null)?.then === 'function'
}
