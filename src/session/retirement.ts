import type { Brake } from './brake.ts'
import type { Extension, Extensions } from './extensions.ts'

/** The session's own messages, by which two ends finish together. */
export const retireName = 'replic8/retire'

/** 'begin': request nothing more. 'done': all that this end requested is here, and it sends nothing more that counts. */
type Word = 'begin' | 'done'

/** Milliseconds that it may take where the session has no timeout. */
const longest = 20_000

export interface RetirementHooks {
  /** What both ends requested is here: says goodbye. */
  leave(): void
  readonly isOpen: boolean
}

/**
 * The graceful end of a session that another one takes over from: both ends request nothing more, let what is under way
 * arrive, and say goodbye when both have all of it. An end that knows no such word is left after the timeout.
 */
export class Retirement {
  begun = false
  /** This end has said its last word; that the peer says goodbye means that it has heard all that came before. */
  isDone = false
  private readonly brake: Brake
  private readonly timeout: number
  private readonly hooks: RetirementHooks
  private readonly extension: Extension<Word>
  private isPeerDone = false
  private timer: ReturnType<typeof setTimeout> | null = null

  /** @param timeout ms, at most, that the ends wait for each other; 0: the default */
  constructor(extensions: Extensions, brake: Brake, timeout: number, hooks: RetirementHooks) {
    this.brake = brake
    this.timeout = timeout || longest
    this.hooks = hooks
    this.extension = extensions.add<Word>(retireName, {
      encoding: 'utf-8',
      onmessage: (word) => this.onword(word),
    })
  }

  /** Begins on this end's account. */
  begin() {
    if (this.begun) return
    if (!this.hooks.isOpen) return this.hooks.leave()
    this.extension.send('begin')
    this.finish()
  }

  /** The session is over. */
  stop() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private onword(word: Word) {
    if (word === 'done') this.isPeerDone = true
    // What this has not heard of is for later versions.
    else if (word !== 'begin') return
    this.finish()
    this.check()
  }

  private async finish() {
    if (this.begun) return
    this.begun = true
    this.timer = setTimeout(() => this.leave(), this.timeout)
    await this.brake.pull()
    if (this.isDone || !this.hooks.isOpen) return
    this.extension.send('done')
    this.isDone = true
    this.check()
  }

  private check() {
    if (this.isDone && this.isPeerDone) this.leave()
  }

  private leave() {
    this.isDone = true
    this.stop()
    this.hooks.leave()
  }
}
