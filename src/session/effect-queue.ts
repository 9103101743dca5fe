import type { Effect } from '../negotiation/events.ts'

type Send = Effect & { type: 'send' }

/**
 * Effects of the negotiation that wait to be carried out. What is carried out may call the application, and that may
 * lead to more of them: those come after all that are here already.
 */
export class EffectQueue {
  private readonly run: (effect: Effect) => void
  private readonly isOver: () => boolean
  private effects: Effect[] = []
  private running = false

  /** @param isOver true when nothing is to be carried out any more */
  constructor(run: (effect: Effect) => void, isOver: () => boolean) {
    this.run = run
    this.isOver = isOver
  }

  /** Carries out effects; from within one, as soon as those before are done. Throws what one of them throws. */
  add(effects: Effect[]) {
    const sorted = wordsFirst(effects)
    if (this.running) {
      for (const effect of sorted) this.effects.push(effect)
      return
    }
    this.effects = sorted
    this.running = true
    try {
      for (let i = 0; i < this.effects.length && !this.isOver(); i++) this.run(this.effects[i] as Effect)
    } finally {
      this.effects = []
      this.running = false
    }
  }

  /** A handler that shared has taken the word back that this side is done, before it was given. */
  isOutdated(effect: Send): boolean {
    return isDone(effect) && this.effects.findLast(isDone) !== effect
  }
}

function isDone(effect: Effect): boolean {
  return effect.type === 'send' && effect.message.type === 'done'
}

/** The peer hears why a channel is closed before it is: it would open it again otherwise. */
function wordsFirst(effects: Effect[]): Effect[] {
  if (!effects.some(({ type }) => type === 'close-feed')) return effects
  const closes = effects.filter(({ type }) => type === 'close-feed')
  const rest = effects.filter(({ type }) => type !== 'close-feed')
  const words = rest.findLastIndex(({ type }) => type === 'send') + 1
  return [...rest.slice(0, words), ...closes, ...rest.slice(words)]
}
