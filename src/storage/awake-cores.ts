/** A core whose files can be closed and opened again. */
export interface Sleeper {
  /** Closes its files, when what is under way is over; it calls `left`. */
  rest(): void
}

/**
 * Sees to it that only so many cores have their files open at a time. Who wants to wake up waits for another to rest:
 * the one that was used last the longest ago, else, where all are busy, the one that has been awake the longest.
 */
export class AwakeCores {
  private readonly most: number
  /** Awake, or waking up: those that woke first come first. */
  private readonly awake = new Set<Sleeper>()
  /** Of these, those with nothing to do: the ones used last at the end. */
  private readonly idle = new Set<Sleeper>()
  /** Of these, those that are on their way to rest. */
  private readonly leaving = new Set<Sleeper>()
  private readonly waiting: { core: Sleeper; go(): void }[] = []

  constructor(most: number) {
    this.most = most
  }

  /** Resolves when there is room for a core; from then on it counts, until `left`. */
  async enter(core: Sleeper): Promise<void> {
    if (this.awake.size < this.most) {
      this.awake.add(core)
      return
    }
    const turn = new Promise<void>((go) => this.waiting.push({ core, go }))
    this.makeRoom()
    await turn
  }

  /** The core rests, or is closed. */
  left(core: Sleeper) {
    this.idle.delete(core)
    this.leaving.delete(core)
    if (!this.awake.delete(core)) return
    const next = this.waiting.shift()
    if (!next) return
    // In the same turn, so that nobody else takes the room.
    this.awake.add(next.core)
    next.go()
  }

  used(core: Sleeper) {
    this.idle.delete(core)
  }

  unused(core: Sleeper) {
    if (!this.awake.has(core) || this.leaving.has(core)) return
    this.idle.add(core)
    this.makeRoom()
  }

  /** As many go to rest as wait. */
  private makeRoom() {
    while (this.leaving.size < Math.min(this.waiting.length, this.awake.size)) {
      const next = first(this.idle) ?? first(this.awake, (core) => !this.leaving.has(core))
      if (!next) return
      this.idle.delete(next)
      this.leaving.add(next)
      next.rest()
    }
  }
}

function first<T>(all: Iterable<T>, fits: (one: T) => boolean = () => true): T | undefined {
  for (const one of all) if (fits(one)) return one
  return undefined
}
