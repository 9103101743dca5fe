import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { extensionName, joinNetwork } from '../../src/bridge/network.ts'
import type { BridgeObserver } from '../../src/bridge/observer.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { topicOf } from '../../src/session/keys.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import { writer } from '../helpers/cores.ts'
import { encryptionKey, otherKey } from '../helpers/sessions.ts'
import { arrived, sharing, taking } from '../replicator/peers.ts'
import { type PrivateDht, privateDht } from '../transports/swarm-network.ts'
import { SignalMember } from '../transports/websocket-signal-member.ts'
import { serveSignalling } from './signalling-bridge.ts'

let dht: PrivateDht
beforeAll(async () => {
  dht = await privateDht()
})
afterAll(() => dht.close())

const topic = topicOf(encryptionKey)

/** The half of a bridge that is about others: signalling, and replicators that are joined to the network. */
async function bridge(keys: Uint8Array[] = [encryptionKey]) {
  const { url, signals: signal, close } = await serveSignalling()
  const refused: string[] = []
  const observer: BridgeObserver = { refused: (reason) => refused.push(reason), relayed() {} }
  const served = keys.map((key) => ({ topic: topicOf(key), replicator: new Replicator(key) }))
  const { bootstrap } = dht
  const network = await joinNetwork({ keys: served, signal, observer, bootstrap })
  let closing: Promise<void> | undefined
  const shutDown = async () => {
    await network.close()
    for (const { replicator } of served) await replicator.close()
    await close()
  }
  const end = () => {
    closing ??= shutDown()
    return closing
  }
  onTestFinished(end)
  const replicators = served.map(({ replicator }) => replicator)
  return { url, network, refused, replicators, replicator: replicators[0] as Replicator, end }
}

/** A replicator of the key that is on the swarm, and is no bridge. */
function stranger() {
  const replicator = new Replicator(encryptionKey)
  onTestFinished(() => replicator.close())
  replicator.join(dht.swarm())
  return replicator
}

const client = ({ url }: { url: string }, id: string, of: Uint8Array = topic) => {
  const member = new SignalMember(websocketSignal(url, { WebSocket }), of, id)
  onTestFinished(() => member.room.leave())
  return member
}

test('members of two bridges see each other, talk in order, and are gone when they leave', async () => {
  const [near, far] = await Promise.all([bridge(), bridge()])
  const early = client(near, 'early')
  await expect.poll(() => near.network.bridges + far.network.bridges).toBe(2)
  const late = client(far, 'late')
  expect(await early.peers.next()).toBe('late')
  expect(await late.peers.next()).toBe('early')
  for (let n = 0; n < 300; n++) late.room.send('early', { n })
  early.room.send('late', 'hello')
  expect(await late.messages.next()).toEqual({ from: 'early', data: 'hello' })
  for (let n = 0; n < 300; n++) expect(await early.messages.next()).toEqual({ from: 'late', data: { n } })
  late.room.leave()
  expect(await early.gone.next()).toBe('late')
})

test('the members of a bridge that is closed are gone at the others', async () => {
  const [near, far] = await Promise.all([bridge(), bridge()])
  const one = client(near, 'one')
  client(far, 'other')
  expect(await one.peers.next()).toBe('other')
  await far.end()
  expect(await one.gone.next()).toBe('other')
  expect(near.network.bridges).toBe(0)
})

test('a member that comes to another bridge is talked to there, though the first has not let it go', async () => {
  const [first, second, third] = await Promise.all([bridge(), bridge(), bridge()])
  const watcher = client(third, 'watcher')
  const before = client(first, 'mover')
  expect(await watcher.peers.next()).toBe('mover')
  await expect.poll(() => third.network.bridges).toBe(2)
  const after = client(second, 'mover')
  expect(await watcher.gone.next()).toBe('mover')
  expect(await watcher.peers.next()).toBe('mover')
  watcher.room.send('mover', 'here?')
  expect(await after.messages.next()).toEqual({ from: 'watcher', data: 'here?' })
  expect(before.messages.count).toBe(0)
})

test('bridges of one key among several hear of the members of that key only', async () => {
  const near = await bridge([encryptionKey, otherKey])
  const far = await bridge([otherKey])
  await expect.poll(() => far.network.bridges).toBe(1)
  const here = client(near, 'here')
  const there = client(far, 'there')
  const shared = client(near, 'shared', topicOf(otherKey))
  const other = client(far, 'other', topicOf(otherKey))
  expect(await shared.peers.next()).toBe('other')
  expect(await other.peers.next()).toBe('shared')
  here.room.send('there', 'lost')
  expect([here.peers.count, there.peers.count]).toEqual([0, 0])
  expect(near.network.bridges).toBe(1)
})

test('bridges pass feeds on to each other, and a Node replicator on the swarm gets them, too', async () => {
  const [near, far] = await Promise.all([bridge(), bridge()])
  const core = await writer(5)
  near.replicator.use(sharing(core))
  const store = taking()
  far.replicator.use(store)
  const node = taking()
  stranger().use(node)
  await Promise.all([arrived(store.copies, core, 5), arrived(node.copies, core, 5)])
})

test('a peer that is no bridge is told of nobody, and has no say, until it claims to be one', async () => {
  const near = await bridge()
  const member = client(near, 'member')
  const peer = stranger()
  const heard: string[] = []
  const extension = peer.registerExtension<string>(extensionName, {
    encoding: 'utf-8',
    onmessage: (text) => heard.push(text),
  })
  await expect.poll(() => heard).toEqual(['{"bridge":1}'])
  extension.broadcast('{"messages":[{"type":"peer","id":"ghost"}]}')
  await expect.poll(() => near.refused).toEqual(['message'])
  expect(near.network.bridges).toBe(0)
  // Whoever holds the key could as well join the signalling itself.
  extension.broadcast('{"bridge":1}')
  extension.broadcast('{"messages":[{"type":"peer","id":"another"}]}')
  expect(await member.peers.next()).toBe('another')
  await expect.poll(() => heard.at(-1)).toBe('{"messages":[{"type":"peer","id":"member"}]}')
})

test('a peer that is reached in another way is no bridge, whatever it says', async () => {
  const near = await bridge()
  const peer = new Replicator(encryptionKey)
  onTestFinished(() => peer.close())
  const extension = peer.registerExtension<string>(extensionName, { encoding: 'utf-8' })
  const [a, b] = memoryPair()
  near.replicator.connect(a)
  const session = peer.connect(b)
  await session.opened
  extension.broadcast('{"bridge":1}')
  await session.ping()
  expect(near.network.bridges).toBe(0)
})
