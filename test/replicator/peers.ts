import { onTestFinished } from 'vitest'
import type { CoreStore, FeedQuestion } from '../../src/replicator/core-store.ts'
import type { ReplicatorEvents } from '../../src/replicator/events.ts'
import { Replicator, type ReplicatorOptions } from '../../src/replicator/replicator.ts'
import type { Session } from '../../src/session/session.ts'
import { type MemoryHub, memoryHub, memoryPair, memoryTransport } from '../../src/transports/memory.ts'
import { reader, type TestCore } from '../helpers/cores.ts'
import { encryptionKey } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'

/** A replicator that is closed when the test is over. */
export function replicator(options: ReplicatorOptions = {}): Replicator {
  const peer = new Replicator(encryptionKey, options)
  onTestFinished(() => peer.close())
  return peer
}

/** A store that shares these cores. */
export function sharing(...cores: TestCore[]): CoreStore & { share(): TestCore[] } {
  return { name: 'sharing', share: () => cores }
}

/** A store that takes everything, and the copies that it made, by key in hex digits. */
export function taking(): CoreStore & {
  copies: Map<string, TestCore>
  store(question: FeedQuestion): TestCore
} {
  const copies = new Map<string, TestCore>()
  return {
    name: 'taking',
    copies,
    store({ key }) {
      const copy = reader(key)
      copies.set(hex(key), copy)
      return copy
    },
  }
}

/** Connects two in memory; gives the sessions of both. */
export function connect(a: Replicator, b: Replicator): [Session, Session] {
  const [mine, theirs] = memoryPair()
  return [a.connect(mine), b.connect(theirs)]
}

/** Connects two, and waits until both sessions are open. */
export async function connected(a: Replicator, b: Replicator): Promise<[Session, Session]> {
  const sessions = connect(a, b)
  await Promise.all(sessions.map((session) => session.opened))
  return sessions
}

/** Puts all on one hub: everybody is connected with everybody. */
export async function meet(peers: Replicator[], hub: MemoryHub = memoryHub()) {
  for (const peer of peers) peer.join(memoryTransport(hub))
  await until(() => peers.every((peer) => peer.sessions.length === peers.length - 1))
}

/** The next event of a replicator for which `test` holds. */
export function told<E extends keyof ReplicatorEvents>(
  peer: Replicator,
  event: E,
  test: (...args: Parameters<ReplicatorEvents[E]>) => boolean = () => true,
): Promise<Parameters<ReplicatorEvents[E]>> {
  return new Promise((resolve) => {
    const handler = (...args: Parameters<ReplicatorEvents[E]>) => {
      if (!test(...args)) return
      peer.off(event, handler as ReplicatorEvents[E])
      resolve(args)
    }
    peer.on(event, handler as ReplicatorEvents[E])
  })
}

export interface Heard {
  namespace: string | null
  key: string
  header: object
  from: Session
}

/** All feeds that are offered to a replicator, as they come, and how many pages they came on. */
export function heardBy(peer: Replicator): { feeds: Heard[]; keys: string[]; pages: number } {
  const heard = { feeds: [] as Heard[], keys: [] as string[], pages: 0 }
  peer.on('advertise', (...args) => {
    const [{ namespace, keys, headers }, , from] = args
    heard.pages++
    heard.keys.push(...keys.map(hex))
    heard.feeds.push(...keys.map((key, i) => ({ namespace, key: hex(key), header: { ...headers[i] }, from })))
  })
  return heard
}

/** Lets the event loop turn until a copy has so many blocks. */
export function arrived(copies: Map<string, TestCore>, core: TestCore, length: number): Promise<void> {
  return until(() => {
    const copy = copies.get(hex(core))
    return copy?.length >= length && copy.downloaded() >= length
  })
}

/** All problems of a replicator, as they come. */
export function problemsOf(peer: Replicator): { code: string; message: string; key?: string }[] {
  const problems: { code: string; message: string; key?: string }[] = []
  peer.on('problem', ({ code, message }, { key }) => {
    problems.push({ code, message, ...(key ? { key: hex(key) } : {}) })
  })
  return problems
}

/** The keys of all offers that are taken back from a replicator, as they come. */
export function withdrawnFrom(peer: Replicator): string[] {
  const keys: string[] = []
  peer.on('withdraw', ({ key }) => keys.push(hex(key)))
  return keys
}
