import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { topicOf } from '../../src/session/keys.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import { encryptionKey } from '../helpers/sessions.ts'
import { type PrivateDht, privateDht } from '../transports/swarm-network.ts'
import { SignalMember } from '../transports/websocket-signal-member.ts'
import { folder, peerOf, read, type TestPeer, write } from './bridges.ts'
import { BridgeProcess, buildCommand } from './network-process.ts'

let dht: PrivateDht
let command: Awaited<ReturnType<typeof buildCommand>>
beforeAll(async () => {
  dht = await privateDht()
  command = await buildCommand()
})
afterAll(async () => {
  await command.remove()
  await dht.close()
})

async function started({ port = 0, storage = '' } = {}) {
  const [node] = dht.bootstrap as [{ host: string; port: number }]
  const program = new BridgeProcess(command.file, {
    ...{ port, key: encryptionKey.toString('hex'), bootstrap: `${node.host}:${node.port}` },
    storage: storage || (await folder()),
  })
  onTestFinished(async () => void (await program.kill('SIGKILL')))
  return { program, url: await program.url }
}

function client(urls: string[], id: string) {
  const signal = websocketSignal(urls, { WebSocket, minDelay: 5, maxDelay: 50 })
  const member = new SignalMember(signal, topicOf(encryptionKey), id)
  onTestFinished(() => member.room.leave())
  return member
}

/** Waits until a peer has these blocks of a feed, and nothing else. */
const has = (peer: TestPeer, key: Uint8Array, blocks: string[]) =>
  expect.poll(() => read(peer, key), { timeout: 30_000 }).toEqual(blocks)

test('three bridges are one network, which goes on when one of them is killed, and which it comes back to', async () => {
  const storage = await folder()
  const [first, second, third] = await Promise.all([started({ storage }), started(), started()])
  const urls = [first.url, second.url]

  // Feeds pass from the peers of one bridge to those of another.
  const alice = peerOf(urls)
  const bob = peerOf(third.url)
  const hers = await write(alice, 'hers', 'a', 'b')
  const his = await write(bob, 'his', 'x')
  await Promise.all([has(bob, hers.key, ['a', 'b']), has(alice, his.key, ['x'])])

  // So do signals.
  const one = client(urls, 'one')
  const other = client([third.url], 'other')
  expect(await one.peers.next()).toBe('other')
  expect(await other.peers.next()).toBe('one')
  one.room.send('other', { candidate: 1 })
  expect(await other.messages.next()).toEqual({ from: 'one', data: { candidate: 1 } })

  // One dies. Its clients go to another, and all goes on.
  await first.program.kill('SIGKILL')
  expect(await one.gone.next()).toBe('other')
  expect(await one.peers.next()).toBe('other')
  expect(await other.gone.next()).toBe('one')
  expect(await other.peers.next()).toBe('one')
  other.room.send('one', { candidate: 2 })
  expect(await one.messages.next()).toEqual({ from: 'other', data: { candidate: 2 } })
  await write(alice, 'hers', 'c')
  await write(bob, 'his', 'y', 'z')
  const late = await write(bob, 'late', 'new')
  await Promise.all([
    has(bob, hers.key, ['a', 'b', 'c']),
    has(alice, his.key, ['x', 'y', 'z']),
    has(alice, late.key, ['new']),
  ])

  // It comes back, and has what it missed: who is with it alone gets everything.
  const { port } = new URL(first.url)
  const back = await started({ port: Number(port), storage })
  expect(back.url).toBe(first.url)
  const carol = peerOf(back.url)
  await Promise.all([
    has(carol, hers.key, ['a', 'b', 'c']),
    has(carol, his.key, ['x', 'y', 'z']),
    has(carol, late.key, ['new']),
  ])
  const newcomer = client([back.url], 'newcomer')
  expect([await newcomer.peers.next(), await newcomer.peers.next()].sort()).toEqual(['one', 'other'])

  const programs = [back, second, third].map(({ program }) => program)
  expect(await Promise.all(programs.map((program) => program.kill('SIGTERM')))).toEqual([0, 0, 0])
}, 60_000)
