import type { BridgeState } from '../network.ts'
import { byId, setText } from './dom.ts'

/** How it stands with the bridge, where the list of peers does not show it. */
export function showBridge({ name, state }: { name: string; state: BridgeState }) {
  setText(byId('bridge-state'), wordsOf(name, state))
}

function wordsOf(name: string, state: BridgeState): string {
  if (state === 'refused')
    return `The bridge ${name} connects the peers of this room, and keeps none of its feeds.`
  if (state === 'unreachable') return `The bridge ${name} cannot be reached. This page goes on trying.`
  return ''
}
