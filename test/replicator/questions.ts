import type { FeedQuestion, Peer, Shared, StoreHost } from '../../src/replicator/core-store.ts'
import { whenOpen } from '../../src/replicator/feed-store-foreign.ts'
import { keyHex } from '../../src/session/core.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { Header } from '../../src/wire/messages.ts'

/** A peer to ask stores about: its session is one that is not connected. */
export function somePeer(): Peer {
  return { publicKey: Buffer.alloc(32, 1), userData: null, session: replic8(Buffer.alloc(32, 7)) }
}

export function question(
  key: Uint8Array,
  header: Header = {},
  namespace: string | null = null,
  peer = somePeer(),
): FeedQuestion {
  return { key: Buffer.from(key), header, namespace, peer }
}

/** The keys that something shared names, in hex and sorted. */
export async function keysOf(shared: unknown): Promise<string[]> {
  const keys: string[] = []
  for await (const one of (await shared) as AsyncIterable<Shared>) {
    if (!(one instanceof Uint8Array)) await whenOpen(one)
    keys.push(one instanceof Uint8Array ? Buffer.from(one).toString('hex') : (keyHex(one) as string))
  }
  return keys.sort()
}

export const hexes = (...keys: Uint8Array[]) => keys.map((key) => Buffer.from(key).toString('hex')).sort()

/** A place to mount a store, which notes what is announced: '<namespace> <key in hex>'. */
export function announcements(): StoreHost & { heard: string[]; next(): Promise<string> } {
  const heard: string[] = []
  const waiting: ((one: string) => void)[] = []
  return {
    heard,
    next: () =>
      heard.length > 0
        ? Promise.resolve(heard[0] as string)
        : new Promise((resolve) => waiting.push(resolve)),
    announce(namespace, cores) {
      void keysOf([cores].flat()).then((keys) => {
        for (const key of keys) {
          heard.push(`${namespace} ${key}`)
          for (const resolve of waiting.splice(0)) resolve(`${namespace} ${key}`)
        }
      })
    },
  }
}
