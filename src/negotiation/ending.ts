import type { DoneMessage } from '../wire/messages.ts'
import type { State } from './state.ts'

/**
 * The end of a one-shot session. A side that is done says so with the number of pages it sent and received;
 * the numbers tell the peer whether anything was still on its way. A later share takes the word back. Where a side stays
 * open, nobody says it.
 */
export function checkEnd(state: State) {
  if (state.finished || state.options.live || state.peer?.live || !isDone(state)) return
  const now = { shared: state.shared, sent: state.pagesSent, received: state.pagesReceived }
  if (!sameDone(state.said, now)) {
    state.said = now
    state.effects.push({ type: 'send', message: { type: 'done', ...now } })
  }
  const { heard } = state
  if (!heard) return
  if (heard.sent !== now.received || heard.received !== now.sent) return
  if (!heard.shared && !now.shared) return
  state.finished = true
  state.effects.push({ type: 'finished' })
}

/** Our shares are answered and what was taken arrived; what we were offered is answered and what we took is here. */
function isDone(state: State): boolean {
  return (
    state.batchSent &&
    state.opening.size === 0 &&
    state.queue.length === 0 &&
    state.recalls.length === 0 &&
    state.sentPages.size === 0 &&
    state.receivedPages.size === 0 &&
    state.pendingUploads === 0 &&
    state.pendingDownloads === 0
  )
}

function sameDone(a: State['said'], b: NonNullable<State['said']>): boolean {
  return a !== null && a.shared === b.shared && a.sent === b.sent && a.received === b.received
}

/** Messages arrive in order: a word that counts more pages than have come takes the one before it back. */
export function ondone(state: State, { shared, sent, received }: DoneMessage) {
  state.heard = sent === state.pagesReceived ? { shared, sent, received } : null
}
