import { type RequestBudget, RequestWindow } from './request-window.ts'
import { type Requester, setMaxRequests, usesDefault } from './requester.ts'

/** Lets a channel ask for as many blocks at a time as fill the path to the peer, unless somebody has set how many. */
export class Pace {
  private readonly requester: Requester
  private readonly budget: RequestBudget
  private readonly owner: { readonly paced: boolean }
  private window: RequestWindow | null = null

  /** @param owner knows whether the number is left open for this session */
  constructor(requester: Requester, budget: RequestBudget, owner: { readonly paced: boolean }) {
    this.requester = requester
    this.budget = budget
    this.owner = owner
    const { _clear } = requester
    requester._clear = (index, hash) => {
      this.done(index)
      _clear.call(requester, index, hash)
    }
  }

  asked(index: number) {
    if (!this.isOpen) return
    this.window ??= new RequestWindow(this.budget)
    this.window.asked(index, this.requester.inflightRequests.length, performance.now())
  }

  came(index: number, bytes: number) {
    this.window?.came(index, bytes)
  }

  /** Before hypercore forgets the request: it asks for more then. */
  private done(index: number) {
    const { window, requester } = this
    if (!window) return
    if (!this.isOpen) return this.stop()
    window.done(index, requester.inflightRequests.length, performance.now())
    if (requester.maxRequests !== window.size) setMaxRequests(requester, window.size)
  }

  /** The channel is closed, or the number is set now. */
  stop() {
    this.window?.stop()
    this.window = null
  }

  private get isOpen(): boolean {
    return this.owner.paced && usesDefault(this.requester)
  }
}
