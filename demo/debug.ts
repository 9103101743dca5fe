import { blocksHere } from './cores.ts'
import { blobOf, isWhole } from './files.ts'
import type { Library } from './library.ts'
import type { Network } from './network.ts'
import type { Traffic, Way } from './peer.ts'
import type { Profile } from './profiles.ts'

/** What a test, or a curious person at the console, can ask this tab: `demo.peers()`. */
export interface Demo {
  readonly profile: string
  peers(): { name: string; way: Way; blocksReceived: number; blocksSent: number; bytesSent: number }[]
  /** In all, also with peers that have left. */
  traffic(): Traffic
  /** `stored`: blocks that were here when the page was opened; `channels`: peers that the feed is replicated with. */
  feeds(): {
    key: string
    name: string
    own: boolean
    length: number
    have: number
    stored: number
    channels: number
    whole: boolean
  }[]
  /** Where a feed stands with each peer, by the peer's name. */
  why(key: string): Record<string, string>
  /** SHA-256 of a file as it would be saved, in hex digits. */
  sha256(name: string): Promise<string>
}

declare global {
  interface Window {
    demo?: Demo
  }
}

export function exposeForTests({
  profile,
  library,
  network,
}: {
  profile: Profile
  library: Library
  network: Network
}) {
  window.demo = {
    profile: profile.name,
    peers: () =>
      network.peers.map(({ name, way, traffic: { blocksReceived, blocksSent, bytesSent } }) => ({
        name,
        way,
        blocksReceived,
        blocksSent,
        bytesSent,
      })),
    traffic: () => network.traffic,
    feeds: () =>
      [...library.feeds.values()].map((feed) => ({
        key: feed.key,
        name: feed.header.name,
        own: feed.own,
        length: feed.core.length,
        have: blocksHere(feed.core),
        stored: feed.stored,
        channels: feed.core.peers.length,
        whole: isWhole(feed),
      })),
    why: (key) =>
      Object.fromEntries(network.peers.map(({ name, session }) => [name, session?.why(key).code ?? ''])),
    sha256: async (name) => {
      const feed = [...library.feeds.values()].find(
        ({ header }) => header.kind === 'file' && header.name === name,
      )
      if (!feed) throw new Error(`There is no file ${name}.`)
      const bytes = await (await blobOf(feed)).arrayBuffer()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    },
  }
}
