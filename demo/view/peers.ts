import type { Peer, Way } from '../peer.ts'
import { avatar, showAvatar } from './avatar.ts'
import { byId, h, type Row, Rows, setText } from './dom.ts'
import { counted, inBytes, unbroken } from './format.ts'

/** How a peer is reached, in words. */
export const wayWords: Record<Way, string> = {
  direct: 'Direct',
  relay: 'Through a relay',
  bridge: 'Bridge',
}

/** The other ends: how each is reached, and how the connection stands. */
export function createPeers(): (peers: Peer[]) => void {
  const rows = new Rows<Peer>(byId('peers'), byId('peers-title'), ({ id }) => id, createPeer)
  return (peers) => {
    // People first.
    const isBridge = ({ way }: Peer) => way === 'bridge'
    rows.show([...peers.filter((peer) => !isBridge(peer)), ...peers.filter(isBridge)])
    byId('peers-empty').hidden = peers.length > 0
    const bridges = peers.filter(isBridge).length
    const presence = byId('presence')
    setText(presence, presenceOf(peers.length - bridges, bridges > 0))
    presence.dataset.state = peers.length === 0 ? 'alone' : 'connected'
  }
}

function presenceOf(others: number, bridge: boolean): string {
  if (others === 0) return bridge ? 'Only the bridge is here' : 'Nobody else is here'
  return `${counted(others, 'peer')}${bridge ? ' and the bridge' : ''} connected`
}

function createPeer(): Row<Peer> {
  const picture = avatar()
  const name = h('strong')
  const way = h('span', { className: 'way' })
  const state = h('span', { className: 'details' })
  const trip = h('dd')
  const received = h('dd')
  const sent = h('dd')
  const figures = h(
    'dl',
    {},
    ...[['Round trip', trip] as const, ['Received', received] as const, ['Sent', sent] as const].map(
      ([label, value]) => h('div', {}, h('dt', {}, label), value),
    ),
  )
  const element = h('li', {}, picture, h('div', { className: 'what' }, name, way, state, figures))
  return {
    element,
    update(peer) {
      const { traffic } = peer
      showAvatar(picture, peer.name)
      setText(name, peer.name)
      setText(way, wayWords[peer.way])
      element.dataset.way = peer.way
      setText(state, stateOf(peer))
      const roundTripMs = peer.session?.stats.roundTripMs ?? null
      setText(
        trip,
        roundTripMs === null
          ? '–'
          : `${roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs)} ms`,
      )
      setText(received, amount(traffic.bytesReceived, traffic.receivedPerSecond))
      setText(sent, amount(traffic.bytesSent, traffic.sentPerSecond))
    },
  }
}

function stateOf({ way, offered }: Peer): string {
  const offers = `offers ${counted(offered.size, 'feed')}`
  return way === 'bridge' ? `keeps the feeds of this room for all · ${offers}` : offers
}

const amount = (bytes: number, rate: number) =>
  [inBytes(bytes), ...(rate > 0 ? [`${inBytes(rate)}/s`] : [])].map(unbroken).join(', ')
