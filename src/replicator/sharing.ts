import { type Replic8Error, toReplic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { Peer, Shared } from './core-store.ts'
import type { Holdings, Owner } from './holdings.ts'
import { readShared } from './reading.ts'
import { type Mount, type Stack, storeError, type Where } from './stack.ts'

/** Notes what the stores and the application share. */
export class Sharing {
  private readonly stack: Stack
  private readonly holdings: Holdings
  private readonly onproblem: (error: Replic8Error, where: Where) => void

  constructor(stack: Stack, holdings: Holdings, onproblem: (error: Replic8Error, where: Where) => void) {
    this.stack = stack
    this.holdings = holdings
    this.onproblem = onproblem
  }

  /** Asks a store what it shares with a peer; gives the keys as they come. Resolves when that is all. */
  async read(mount: Mount, peer: Peer, give: (namespace: Namespace, keys: string[]) => void): Promise<void> {
    const { store } = mount
    if (!store.share) return
    const namespace = mount.namespace === '*' ? null : mount.namespace
    const ask = <T>(question: () => T | PromiseLike<T>, failed: T) =>
      this.stack.ask(mount, question, failed, { namespace })
    const answer = await ask<unknown>(() => store.share?.({ namespace, peer }), null)
    await readShared(answer, ask, async (part) => {
      const keys = await this.note(part, namespace, mount)
      if (keys.length > 0) give(namespace, keys)
    })
  }

  /** Notes shared feeds and gives their keys; a core that fails to open fails alone. */
  async note(shared: readonly Shared[], namespace: Namespace, owner: Owner): Promise<string[]> {
    const tell = (error: unknown) => {
      const problem =
        owner === 'application' ? toReplic8Error(error, 'ERR_CORE_FAILED') : storeError(owner, error)
      this.onproblem(problem, { namespace })
    }
    const noted = await Promise.all(shared.map((one) => this.noteOne(one, namespace, owner).catch(tell)))
    return noted.filter((hex) => typeof hex === 'string')
  }

  private async noteOne(one: Shared, namespace: Namespace, owner: Owner): Promise<string | undefined> {
    const hex = await this.holdings.keyOf(one)
    // The store may have been taken out meanwhile.
    if (owner !== 'application' && !this.stack.has(owner)) return undefined
    this.holdings.own(hex, namespace, owner)
    if (!(one instanceof Uint8Array)) this.holdings.setCore(hex, one)
    return hex
  }
}
