import { nextTask } from '../next-task.ts'

/** What of a session can change. */
interface Changing {
  /** It waits to be looked at. */
  changed: boolean
}

/**
 * What has changed since the last look, which comes in a task of its own: a block is passed on to others first, and of
 * many that come together one look sees all.
 */
export class Changes<T extends Changing> {
  private readonly look: (one: T) => void
  private changed: T[] = []

  constructor(look: (one: T) => void) {
    this.look = look
  }

  add(one: T) {
    if (one.changed) return
    one.changed = true
    if (this.changed.push(one) === 1) nextTask(this.lookNow)
  }

  readonly lookNow = () => {
    const { changed } = this
    this.changed = []
    for (const one of changed) {
      one.changed = false
      this.look(one)
    }
  }
}
