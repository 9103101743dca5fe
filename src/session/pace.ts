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
  }

  asked(index: number) {
    if (!this.isOpen) return
    this.window ??= new RequestWindow(this.budget)
    this.window.asked(index, this.requester.inflightRequests.length, performance.now())
  }

  /** To be called before hypercore hears of the block: it asks for more then. */
  answered(index: number, bytes: number) {
    const { window, requester } = this
    if (!window) return
    if (!this.isOpen) return this.stop()
    window.answered(index, bytes, requester.inflightRequests.length, performance.now())
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
