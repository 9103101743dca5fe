import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { append, writer } from '../helpers/cores.ts'
import { outcomes, turn } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'
import { replicator, sharing } from './peers.ts'
import { Counted, connectBy } from './switching.ts'

/** How long each chunk takes on a connection, in turns of the event loop. */
const quick = () => 0
const sluggish = () => 5

for (const [name, relayTakes, directTakes] of [
  ['the relay is the slower one', sluggish, quick],
  ['the direct one is slower', quick, sluggish],
] as const) {
  test(`messages of the application come once and in order over a switch: ${name}`, async () => {
    const core = await writer(500)
    const [a, b] = [replicator(), replicator()]
    const counted = new Counted()
    a.use(sharing(core))
    b.use(counted.store)
    const heard: number[] = []
    const echoes: number[] = []
    const chat = b.registerExtension<number>('chat', {
      encoding: 'json',
      onmessage(n, session) {
        heard.push(n)
        chat.send(n, session)
      },
    })
    const mine = a.registerExtension<number>('chat', { encoding: 'json', onmessage: (n) => echoes.push(n) })
    const relay = connectBy('relay', a, b, relayTakes)
    let [sent, isOver] = [0, false]
    mine.broadcast(sent++)
    await relay[0].opened
    const direct = connectBy('webrtc', a, b, directTakes)
    const over = outcomes(...relay).then((ends) => {
      isOver = true
      return ends
    })
    while (!isOver) {
      mine.broadcast(sent++)
      // The session that one got to know the peer by goes on to be its address.
      if (!isOver && a.sessions.length > 0) mine.send(sent++, a.sessions.at(-1) as Session)
      await turn()
    }
    expect(await over).toEqual(['clean', 'clean'])
    expect(a.sessions).toEqual([direct[0]])
    for (let i = 0; i < 10; i++) mine.broadcast(sent++)
    const all = Array.from({ length: sent }, (_, i) => i)
    await until(() => echoes.length >= sent)
    expect([heard, echoes]).toEqual([all, all])
  })
}

test('what is changed after it was sent arrives as it was sent', async () => {
  const [a, b] = [replicator(), replicator()]
  const core = await writer(1)
  const counted = new Counted()
  a.use(sharing(core))
  b.use(counted.store)
  const heard: number[] = []
  b.registerExtension<{ n: number }>('count', { encoding: 'json', onmessage: ({ n }) => heard.push(n) })
  const count = a.registerExtension<{ n: number }>('count', { encoding: 'json' })
  const message = { n: 0 }
  const say = () => {
    count.broadcast(message)
    message.n++
  }
  say()
  const [relay] = connectBy('relay', a, b, sluggish)
  say()
  await relay.opened
  connectBy('webrtc', a, b)
  let isOver = false
  void relay.closed.then(() => {
    isOver = true
  })
  while (!isOver) {
    say()
    await turn()
  }
  await append(core, 'one more')
  await until(() => heard.length === message.n - 1)
  // The first one was for nobody: there was no peer yet.
  expect(heard).toEqual(Array.from({ length: message.n - 1 }, (_, i) => i + 1))
})

test('a peer that is there by two connections gets a broadcast once, whichever opens first', async () => {
  for (const [one, two] of [
    [quick, sluggish],
    [sluggish, quick],
  ] as const) {
    const [a, b] = [replicator(), replicator()]
    const heard: string[] = []
    b.registerExtension('chat', { encoding: 'utf-8', onmessage: (text: string) => heard.push(text) })
    const chat = a.registerExtension<string>('chat', { encoding: 'utf-8' })
    connectBy('webrtc', a, b, one)
    chat.broadcast('one')
    connectBy('webrtc', a, b, two)
    chat.broadcast('two')
    await until(() => heard.length >= 2)
    await until(() => a.sessions.length === 1 && b.sessions.length === 1)
    chat.broadcast('three')
    await until(() => heard.includes('three'))
    expect(heard.toSorted()).toEqual(['one', 'three', 'two'])
  }
})
