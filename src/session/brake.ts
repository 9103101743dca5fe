import { isRequester, type Requester } from './requester.ts'

/** Milliseconds between two looks at whether the last answers have come. */
const interval = 20

/** Holds requests for blocks back, over all feeds of a session, and knows when none is unanswered. */
export class Brake {
  /** While true, nothing is requested. */
  on = false
  /** What each requester would do if there were no brake. */
  private readonly wishes = new Map<Requester, boolean>()
  /** Requests of cores that know no pause, in order. */
  private held: (() => void)[] = []
  private waiting: (() => void)[] = []
  private checking = false
  private timer: ReturnType<typeof setInterval> | null = null
  /** One for all requesters, each of which calls it as its own. */
  private readonly wish: (this: Requester, downloading: boolean) => void

  constructor() {
    const brake = this
    this.wish = function (downloading) {
      if (brake.wishes.has(this)) brake.wishes.set(this, downloading)
      if (!brake.on) setDownloading(this, downloading)
    }
  }

  /** A channel opens: its handlers are a hypercore's requester, or something that is left alone. */
  add(handlers: object) {
    if (!isRequester(handlers)) return
    this.wishes.set(handlers, handlers.downloading)
    // hypercore has no channel to say it on yet; it says it when the peer has opened its end.
    if (this.on) handlers.downloading = false
    // The application may set what its feed does at any time: it takes effect when the brake is off.
    handlers.setDownloading = this.wish
  }

  /** The channel is closed. */
  remove(handlers: object) {
    this.wishes.delete(handlers as Requester)
    if (this.waiting.length > 0) this.checkSoon()
  }

  /** Makes a request now, or when the brake is off. */
  pass(request: () => void) {
    if (this.on) this.held.push(request)
    else request()
  }

  /** Requests nothing more. Resolves when what was requested is here and stored, or when nobody waits for that any more. */
  pull(): Promise<void> {
    if (!this.on) {
      this.on = true
      for (const requester of this.wishes.keys()) {
        this.wishes.set(requester, requester.downloading)
        setDownloading(requester, false)
      }
    }
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.timer ??= setInterval(() => this.check(), interval)
      this.check()
    })
  }

  release() {
    if (!this.on) return
    this.on = false
    this.settle()
    for (const [requester, wish] of this.wishes) setDownloading(requester, wish)
    for (const request of this.held.splice(0)) request()
  }

  /** The session is over. */
  stop() {
    this.wishes.clear()
    this.held = []
    this.settle()
  }

  /** Once for all channels that close in a turn: each look is at every channel that is open. */
  private checkSoon() {
    if (this.checking) return
    this.checking = true
    queueMicrotask(() => {
      this.checking = false
      this.check()
    })
  }

  private check() {
    for (const { inflightRequests } of this.wishes.keys()) if (inflightRequests.length > 0) return
    this.settle()
  }

  private settle() {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

/** As the class of the requester does it. */
function setDownloading(requester: Requester, downloading: boolean) {
  ;(Object.getPrototypeOf(requester) as Requester).setDownloading.call(requester, downloading)
}
