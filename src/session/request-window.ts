/** Requests that may be on their way before anything is known: hypercore's own number, and enough for short paths. */
const usual = 16
/** As few as that where blocks are as large as they may be. */
const fewest = 2
/** How many times what fills the path is on its way: what is more waits somewhere, and shows whether the path has room. */
const excess = 2
/** What a window grows to, once, to see whether that brings more: in requests and in bytes, whichever is more. */
const firstRequests = 48
const firstBytes = 128 * 1024
/** Round trips after which a rate that was not reached again counts no more. */
const rounds = 8
/** Milliseconds after which the shortest round trip is measured again: paths change. */
const memory = 10_000
/** A request that takes so many times the shortest round trip, and so many ms more, says that the peer has become slow. */
const late = { times: 8, more: 250 }
/** Least bytes that a request counts for: that of a tiny block costs something, too. */
const leastBytes = 1024
/** Bytes that a session may have asked for beyond what each feed asks for anyway. */
const mostBytes = 8 * 1024 * 1024

/**
 * What all windows of a session together may ask for beyond the usual: one feed may fill a long path, and ten thousand
 * feeds do not ask for gigabytes.
 */
export class RequestBudget {
  private free = mostBytes

  /** Gives back `held` bytes and takes `wanted`, or as many as there are; gives how many. */
  exchange(held: number, wanted: number): number {
    const granted = Math.max(0, Math.min(wanted, this.free + held))
    this.free += held - granted
    return granted
  }
}

/**
 * How many blocks of a feed to ask a peer for at a time: so many that the path is full, and not many more. That is the
 * highest rate at which blocks came lately times the shortest round trip, as in BBR (Cardwell et al., 2016): twice as
 * many are asked for, and if then more come in the same time, the next window is larger. One request in each round trip
 * is measured, the one that fills the window. It has no clock: times are the caller's, in ms.
 */
export class RequestWindow {
  /** Requests that may be on their way. */
  size = usual
  private readonly budget: RequestBudget
  /** Bytes of the budget that this window holds. */
  private held = 0
  /** Bytes of a block, on average; 0: none has come. */
  private average = 0
  /** The request that is measured, how many were on their way with it, and how many are done since. */
  private probe: number | null = null
  private sentAt = 0
  private before = 0
  private since = 0
  /** Its block has come. */
  private isHere = false
  /** The shortest round trip, and since when that is looked for. */
  private shortest = Number.POSITIVE_INFINITY
  /** A larger window has been measured since: before that, what fills the path is not known. */
  private hasTried = false
  /** How many requests were on their way in it. */
  private ahead = 0
  private began: number | null = null
  /** The highest rates in blocks a ms: of the last round trips, and of those before. */
  private rate = 0
  private rateBefore = 0
  private round = 0

  constructor(budget: RequestBudget) {
    this.budget = budget
  }

  /**
   * A request goes to the peer.
   *
   * @param underWay requests that are on their way now, this one among them
   */
  asked(index: number, underWay: number, now: number) {
    // A window that is not full says nothing about a larger one.
    if (this.probe !== null || underWay < this.size) return
    this.probe = index
    this.sentAt = now
    this.before = underWay
    this.since = 0
    this.isHere = false
  }

  /** A block came; `bytes`: how many. */
  came(index: number, bytes: number) {
    this.average = this.average === 0 ? bytes : this.average + (bytes - this.average) / 16
    if (index === this.probe) this.isHere = true
  }

  /**
   * A block is stored, or its request was given up: storage belongs to the path.
   *
   * @param underWay requests that were on their way, this one among them
   */
  done(index: number, underWay: number, now: number) {
    this.since++
    if (this.probe !== null) this.look(index, now - this.sentAt, now)
    // Nothing more is there to ask for: other feeds may need it.
    if (underWay <= 1) this.stop()
  }

  /** Lets go of what the window holds of the budget. */
  stop() {
    if (this.held > 0) this.resize(usual)
  }

  private look(index: number, time: number, now: number) {
    if (index === this.probe) {
      this.probe = null
      if (this.isHere) this.measure(Math.max(time, 0.01), now)
    } else if (time > late.times * this.shortest + late.more) {
      this.probe = null
      this.rate = this.rateBefore = this.since / time
      this.fill()
    } else if (this.since > 4 * this.before) {
      // It was given up.
      this.probe = null
    }
  }

  private measure(roundTrip: number, now: number) {
    this.began ??= now
    if (this.before > usual) this.hasTried = true
    if (roundTrip < this.shortest) {
      this.shortest = roundTrip
      this.ahead = this.before
    }
    this.rate = Math.max(this.rate, this.before / roundTrip)
    if (now - this.began > memory) {
      // With few requests on their way the next round trip is that of the path.
      this.began = now
      this.shortest = Number.POSITIVE_INFINITY
      this.hasTried = false
      this.resize(usual)
    } else this.fill(this.hasTried ? 0 : Math.max(firstRequests, firstBytes / this.each))
    if (++this.round % rounds > 0) return
    this.rateBefore = this.rate
    this.rate = 0
  }

  private fill(least = 0) {
    const filling = Math.max(this.rate, this.rateBefore) * this.shortest
    // Where those that it was measured with waited for each other and for nothing else, more would only wait, too.
    this.resize(Math.max(least, usual + excess * Math.max(0, filling - this.ahead)))
  }

  /** Bytes that a request counts for. */
  private get each(): number {
    return Math.max(this.average, leastBytes)
  }

  private resize(wanted: number) {
    const { each } = this
    const most = Math.max(fewest, Math.floor(mostBytes / each))
    const least = Math.min(usual, most)
    this.held = this.budget.exchange(this.held, Math.max(0, Math.min(wanted, most) - least) * each)
    this.size = least + Math.floor(this.held / each)
  }
}
