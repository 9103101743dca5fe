import { byId, setText } from './dom.ts'

/** `refused`: it helps the peers of this room to meet, and is none of them itself. */
export type BridgeState = 'unknown' | 'here' | 'refused' | 'unreachable'

/** How it stands with the bridge, where the list of peers does not show it. */
export function showBridge(host: string, state: BridgeState) {
  setText(byId('bridge-state'), wordsOf(host, state))
}

function wordsOf(host: string, state: BridgeState): string {
  if (state === 'refused')
    return `The bridge ${host} connects the peers of this room, and keeps none of its feeds.`
  if (state === 'unreachable') return `The bridge ${host} cannot be reached. This page goes on trying.`
  return ''
}
