import type { Peer } from '../peer.ts'
import { avatar, showAvatar } from './avatar.ts'
import { byId, h, type Row, Rows, setText } from './dom.ts'
import { counted, inBytes } from './format.ts'

/** The other tabs: how each connection stands. */
export function createPeers(): (peers: Peer[]) => void {
  const rows = new Rows<Peer>(byId('peers'), byId('peers-title'), ({ id }) => id, createPeer)
  return (peers) => {
    rows.show(peers)
    byId('peers-empty').hidden = peers.length > 0
    const here = peers.length
    setText(byId('presence'), here === 0 ? 'Nobody else is here' : `${counted(here, 'peer')} connected`)
    byId('presence').dataset.state = here === 0 ? 'alone' : 'connected'
  }
}

function createPeer(): Row<Peer> {
  const picture = avatar()
  const name = h('strong')
  const state = h('span', { className: 'state' })
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
  const element = h('li', {}, picture, h('div', { className: 'what' }, name, state, figures))
  return {
    element,
    update(peer) {
      const { traffic } = peer
      showAvatar(picture, peer.name)
      setText(name, peer.name)
      setText(state, `connected · offers ${counted(peer.offered.size, 'feed')}`)
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

const amount = (bytes: number, rate: number) => inBytes(bytes) + (rate > 0 ? `, ${inBytes(rate)}/s` : '')
