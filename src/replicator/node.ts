import type { Namespace } from '../negotiation/events.ts'
import { nextTask } from '../next-task.ts'
import type { Peer } from './core-store.ts'
import { Work } from './work.ts'

/** One peer that takes part in the exchange. */
export class Node {
  readonly id: number
  readonly peer: Peer
  /** Offers to the peer that are being made. */
  readonly offers = new Work()
  /** Offers of the peer's that are being answered, or awaited again. */
  readonly answers = new Work()
  /** Resolves when it is known what the stores share with the peer. */
  shared: Promise<void> = Promise.resolve()
  /** Resolves when the peer was offered what the stores share. */
  joined: Promise<void> = Promise.resolve()
  /** Feeds that are taken of the peer; true: caught up. */
  readonly taken = new Map<string, boolean>()
  private timer: ReturnType<typeof setTimeout> | null = null
  /** A task is to run when this one is over. */
  private soon = false
  /** When a window was over last; the first begins with the peer. */
  private closedAt = performance.now()
  private readonly expected = new Map<string, () => void>()

  constructor(id: number, peer: Peer) {
    this.id = id
    this.peer = peer
  }

  /**
   * Runs a task in so many ms, unless that is to come already. `quick`: when the last window is over for as long: what
   * happens where nothing happened before waits for no timer.
   */
  openWindow(ms: number, quick: boolean, task: () => void) {
    if (this.timer || this.soon) return
    const wait = quick ? this.closedAt + ms - performance.now() : ms
    if (wait > 0) {
      this.timer = setTimeout(task, Math.min(wait, ms))
      return
    }
    this.soon = true
    nextTask(() => {
      if (this.soon) task()
    })
  }

  closeWindow() {
    this.soon = false
    this.closedAt = performance.now()
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  /** The peer was asked to offer a feed again: that is under way, for so many ms at most. */
  expect(namespace: Namespace, hex: string, ms: number) {
    const name = nameOf(namespace, hex)
    if (this.expected.has(name)) return
    const came = new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.cameAgain(namespace, hex), ms)
      this.expected.set(name, () => {
        clearTimeout(timer)
        resolve()
      })
    })
    void this.answers.add(came)
  }

  /** What was expected has come, or will not. */
  cameAgain(namespace: Namespace, hex: string) {
    const name = nameOf(namespace, hex)
    this.expected.get(name)?.()
    this.expected.delete(name)
  }

  close() {
    this.closeWindow()
    for (const came of this.expected.values()) came()
    this.expected.clear()
  }
}

function nameOf(namespace: Namespace, hex: string): string {
  return namespace === null ? hex : `${hex} ${namespace}`
}
