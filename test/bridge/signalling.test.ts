import { afterEach, describe, expect, test } from 'vitest'
import type { TrunkMessage } from '../../src/bridge/signalling/signal-server.ts'
import { fromHex } from '../../src/bytes.ts'
import { type SignallingBridge, type SignallingOptions, serveSignalling } from './signalling-bridge.ts'
import { RawClient } from './signalling-raw.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function serve(options: SignallingOptions = {}): Promise<SignallingBridge> {
  const bridge = await serveSignalling(options)
  cleanups.push(() => bridge.close())
  return bridge
}

/** @param address where it counts as coming from */
async function dial({ url }: SignallingBridge, address = ''): Promise<RawClient> {
  const client = await RawClient.dial(`${url}/${address}`)
  cleanups.push(() => client.socket.terminate())
  return client
}

const [topic, secretTopic] = ['1', '2'].map((digit) => digit.repeat(64)) as [string, string]
const secret = 'b'.repeat(32)

/** Two that see each other: their rooms are numbered 7 and 9. */
async function pair(bridge: SignallingBridge): Promise<[RawClient, RawClient]> {
  const [a, b] = [await dial(bridge), await dial(bridge)]
  a.join(7, topic, 'a')
  await a.settled()
  b.join(9, topic, 'b')
  expect(await b.heard.next()).toEqual({ type: 'peer', room: 9, id: 'a' })
  expect(await a.heard.next()).toEqual({ type: 'peer', room: 7, id: 'b' })
  return [a, b]
}

describe('what no honest client says', () => {
  const nested = `{"type":"send","room":7,"to":"b","data":${'['.repeat(60_000)}${']'.repeat(60_000)}}`
  test.each<[string, string | Uint8Array | Record<string, unknown>, number, string]>([
    ['garbage', '{"type":', 4001, 'message'],
    ['JSON that is no object', '[1]', 4001, 'message'],
    ['null', 'null', 4001, 'message'],
    ['an unknown type', { type: 'list' }, 4001, 'message'],
    ['a name of every object', { type: 'constructor' }, 4001, 'message'],
    ["a server's message", { type: 'peer', room: 7, id: 'x' }, 4001, 'message'],
    ['a topic that is none', { type: 'join', room: 1, topic: '*', id: 'x', secret }, 4001, 'message'],
    ['no topic', { type: 'join', room: 1, id: 'x', secret }, 4001, 'message'],
    ['a long id', { type: 'join', room: 1, topic, id: 'x'.repeat(65), secret }, 4001, 'message'],
    ['an id that is no text', { type: 'send', room: 7, to: { x: 1 }, data: 1 }, 4001, 'message'],
    ['a room twice', { type: 'join', room: 7, topic: secretTopic, id: 'x', secret }, 4001, 'message'],
    ['a room of nobody', { type: 'send', room: 8, to: 'b', data: 1 }, 4001, 'message'],
    ['a room of somebody else', { type: 'send', room: 9, to: 'a', data: 1 }, 4001, 'message'],
    ['bytes', new Uint8Array([1, 2, 3]), 4001, 'message'],
    ['deep nesting', nested, 4001, 'message'],
    ['a huge message', `"${'x'.repeat(131_072)}"`, 4429, 'message-size'],
  ])('%s costs that socket and nobody else', async (_, message, code, reason) => {
    const bridge = await serve()
    const [a, b] = await pair(bridge)
    a.say(message)
    expect(await a.closed).toMatchObject({ code })
    expect(await b.heard.next()).toEqual({ type: 'gone', room: 9, id: 'a' })
    expect(bridge.refused).toEqual([reason])
    await b.settled()
    expect(bridge.signals.members).toBe(1)
  })
})

test('passes on what it can not have made itself, field by field', async () => {
  const [a, b] = await pair(await serve())
  const data = JSON.parse('{"__proto__":{"x":1},"sdp":"v=0"}')
  a.say({ type: 'send', room: 7, to: 'b', data, from: 'somebody', extra: true })
  await b.heard.next()
  expect(b.texts.at(-1)).toBe(
    '{"type":"message","room":9,"from":"a","data":{"__proto__":{"x":1},"sdp":"v=0"}}',
  )
})

test('an empty text is nothing, and a room that is not there can be left', async () => {
  const bridge = await serve()
  const [a] = await pair(bridge)
  a.say('')
  a.say({ type: 'leave', room: 12 })
  await a.settled()
  expect(bridge.refused).toEqual([])
})

test('nothing that a stranger says or hears tells of a topic that it does not know', async () => {
  const bridge = await serve()
  const member = await dial(bridge)
  member.join(0, secretTopic, 'hidden')
  await member.settled()
  const stranger = await dial(bridge)
  stranger.join(0, topic, 'stranger')
  const nearly = `${secretTopic.slice(0, -1)}3`
  stranger.join(1, nearly, 'stranger')
  stranger.say({ type: 'send', room: 0, to: 'hidden', data: 'are you there?' })
  stranger.say({ type: 'ask', room: 0, to: 'hidden' })
  await stranger.settled()
  // The same as for a peer that is nowhere.
  stranger.say({ type: 'ask', room: 0, to: 'nowhere' })
  await stranger.settled()
  const [hidden, nowhere] = stranger.texts.filter((text) => text.includes('norelay'))
  expect(hidden?.replace('hidden', 'nowhere')).toBe(nowhere)
  for (const guess of ['list', 'topics', 'members', '*']) {
    const guesser = await dial(bridge)
    guesser.say({ type: guess, topic: '*', room: 0 })
    expect(await guesser.closed).toMatchObject({ code: 4001 })
    expect(guesser.texts).toEqual([])
  }
  expect(stranger.texts.join().includes(secretTopic)).toBe(false)
  await member.settled()
  expect(member.texts).toEqual(['{"type":"pong"}', '{"type":"pong"}'])
})

describe('an id', () => {
  test('of another can not be taken over', async () => {
    const bridge = await serve()
    const [, b] = await pair(bridge)
    const thief = await dial(bridge)
    thief.join(0, topic, 'a', secret)
    expect(await thief.heard.next()).toMatchObject({ type: 'refused', room: 0, code: 'ERR_SIGNAL' })
    thief.say({ type: 'leave', room: 0 })
    thief.join(1, topic, 'honest', secret)
    await thief.settled()
    expect(await b.heard.next()).toEqual({ type: 'peer', room: 9, id: 'honest' })
    expect(thief.texts.filter((text) => text.includes('"b"')).length).toBe(1)
  })

  test('goes to a new socket of the same client, and the old one is out', async () => {
    const bridge = await serve()
    const [a, b] = await pair(bridge)
    const again = await dial(bridge)
    again.join(3, topic, 'a')
    expect(await again.heard.next()).toEqual({ type: 'peer', room: 3, id: 'b' })
    expect([await b.heard.next(), await b.heard.next()]).toEqual([
      { type: 'gone', room: 9, id: 'a' },
      { type: 'peer', room: 9, id: 'a' },
    ])
    b.say({ type: 'send', room: 9, to: 'a', data: 1 })
    expect(await again.heard.next()).toEqual({ type: 'message', room: 3, from: 'b', data: 1 })
    a.say({ type: 'send', room: 7, to: 'b', data: 2 })
    expect(await a.closed).toMatchObject({ code: 4001 })
    await b.settled()
    expect(bridge.signals.members).toBe(2)
  })
})

describe('limits', () => {
  test('an address joins so many topics, however often each; another address its own', async () => {
    const bridge = await serve({ limits: { topicsPerAddress: 1 } })
    const [one, two] = [await dial(bridge), await dial(bridge)]
    one.join(0, topic, 'one')
    await one.settled()
    two.join(0, topic, 'two')
    two.join(1, secretTopic, 'two')
    expect(await two.heard.next()).toMatchObject({ type: 'peer', id: 'one' })
    expect(await two.heard.next()).toMatchObject({ type: 'refused', room: 1, code: 'ERR_OVER_QUOTA' })
    const other = await dial(bridge, '192.0.2.1')
    other.join(0, secretTopic, 'other')
    await other.settled()
    expect(bridge.signals.topics).toBe(2)
    for (const client of [one, two]) client.say({ type: 'leave', room: 0 })
    await Promise.all([one.settled(), two.settled()])
    two.join(1, secretTopic, 'two')
    expect(await two.heard.next()).toMatchObject({ type: 'peer', id: 'other' })
    expect(bridge.refused).toEqual(['topics'])
  })

  test('a topic has so many members', async () => {
    const bridge = await serve({ limits: { membersPerTopic: 2 } })
    await pair(bridge)
    const third = await dial(bridge)
    third.join(0, topic, 'c')
    expect(await third.heard.next()).toMatchObject({ type: 'refused', code: 'ERR_OVER_QUOTA' })
    expect(bridge.refused).toEqual(['members'])
  })

  test('who says too much is heard slowly, and another address as ever', async () => {
    const bridge = await serve({ limits: { messagesPerSecond: 20 } })
    const [a, b] = [await dial(bridge, '192.0.2.1'), await dial(bridge)]
    a.join(7, topic, 'a')
    await a.settled()
    b.join(9, topic, 'b')
    await a.heard.next()
    for (let n = 0; n < 100; n++) a.say({ type: 'send', room: 7, to: 'b', data: n })
    await expect.poll(() => bridge.refused).toContain('messages')
    expect(bridge.sockets[0]?.isPaused).toBe(true)
    await b.settled()
    for (let n = b.texts.filter((text) => text.includes('"data"')).length; n < 100; n++) await b.heard.next()
    const heard = b.texts.flatMap((text) => JSON.parse(text).data ?? [])
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('who does not read is given up', async () => {
    const bridge = await serve({ limits: { messagesPerSecond: 100_000 } })
    const [a, b] = await pair(bridge)
    b.socket.pause()
    const data = 'x'.repeat(100_000)
    const flood = async () => {
      for (let n = 0; n < 20; n++) a.say({ type: 'send', room: 7, to: 'b', data })
      await a.settled()
      return bridge.signals.members
    }
    await expect.poll(flood, { timeout: 20_000 }).toBe(1)
    expect(Math.max(...bridge.sockets.map(({ bufferedAmount }) => bufferedAmount))).toBeLessThan(8_388_608)
    expect(bridge.refused).toContain('messages')
  })
})

describe('a trunk', () => {
  const bytes = fromHex(topic) as Uint8Array
  /** Two bridges that tell each other of one topic. */
  async function trunked() {
    const near = await serve()
    const far = await serve()
    const told: TrunkMessage[] = []
    const ends: { near?: Trunk; far?: Trunk } = {}
    ends.near = near.signals.trunk(bytes, (message) => ends.far?.take(structuredClone(message)))
    ends.far = far.signals.trunk(bytes, (message) => {
      told.push(message)
      ends.near?.take(structuredClone(message))
    })
    return { near, far, told, trunk: ends.near, back: ends.far }
  }
  type Trunk = ReturnType<SignallingBridge['signals']['trunk']>

  test('lets members of two bridges find each other, talk, and lose each other', async () => {
    const { near, far, trunk } = await trunked()
    const [a, b] = [await dial(near), await dial(far)]
    a.join(0, topic, 'a')
    await a.settled()
    b.join(0, topic, 'b')
    expect(await b.heard.next()).toEqual({ type: 'peer', room: 0, id: 'a' })
    expect(await a.heard.next()).toEqual({ type: 'peer', room: 0, id: 'b' })
    a.say({ type: 'send', room: 0, to: 'b', data: [1] })
    expect(await b.heard.next()).toEqual({ type: 'message', room: 0, from: 'a', data: [1] })
    a.say({ type: 'ask', room: 0, to: 'b' })
    expect(await a.heard.next()).toMatchObject({ type: 'norelay', room: 0, id: 'b', code: 'ERR_RELAY' })
    b.say({ type: 'leave', room: 0 })
    expect(await a.heard.next()).toEqual({ type: 'gone', room: 0, id: 'b' })
    b.join(1, topic, 'b')
    expect(await a.heard.next()).toMatchObject({ type: 'peer', id: 'b' })
    trunk.close()
    expect(await a.heard.next()).toMatchObject({ type: 'gone', id: 'b' })
  })

  test('is told of those who are there when it opens', async () => {
    const bridge = await serve()
    await pair(bridge)
    const told: TrunkMessage[] = []
    bridge.signals.trunk(bytes, (message) => told.push(message)).close()
    expect(told).toEqual([
      { type: 'peer', id: 'a' },
      { type: 'peer', id: 'b' },
    ])
  })

  test('does not carry on what another trunk told', async () => {
    const bridge = await serve()
    const told: TrunkMessage[] = []
    const one = bridge.signals.trunk(bytes, () => {})
    bridge.signals.trunk(bytes, (message) => told.push(message))
    one.take({ type: 'peer', id: 'x' })
    one.take({ type: 'message', from: 'x', to: 'y', data: 1 })
    expect(told).toEqual([])
  })

  test('a member that two trunks tell of is gone when both have lost it', async () => {
    const bridge = await serve()
    const client = await dial(bridge)
    client.join(0, topic, 'a')
    await client.settled()
    const trunks = [0, 1].map(() => bridge.signals.trunk(bytes, () => {}))
    for (const trunk of trunks) trunk.take({ type: 'peer', id: 'x' })
    trunks[0]?.close()
    await client.settled()
    trunks[1]?.take({ type: 'gone', id: 'x' })
    expect(await client.heard.next()).toEqual({ type: 'gone', room: 0, id: 'x' })
    expect(client.texts.filter((text) => text.includes('"x"')).length).toBe(2)
  })

  test('can neither replace nor remove who is here; who comes here from another bridge is here', async () => {
    const bridge = await serve()
    const [a, b] = await pair(bridge)
    const trunk = bridge.signals.trunk(bytes, () => {})
    trunk.take({ type: 'peer', id: 'a' })
    trunk.take({ type: 'gone', id: 'a' })
    trunk.take({ type: 'gone', id: 'b' })
    b.say({ type: 'send', room: 9, to: 'a', data: 'yours' })
    expect(await a.heard.next()).toMatchObject({ data: 'yours' })
    trunk.take({ type: 'peer', id: 'c' })
    expect(await a.heard.next()).toMatchObject({ type: 'peer', id: 'c' })
    const c = await dial(bridge)
    c.join(0, topic, 'c')
    expect([await a.heard.next(), await a.heard.next()]).toMatchObject([{ type: 'gone' }, { type: 'peer' }])
    trunk.close()
    a.say({ type: 'send', room: 7, to: 'c', data: 'here' })
    await c.settled()
    expect(c.texts.some((text) => text.includes('here'))).toBe(true)
    expect(bridge.refused).toEqual([])
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'peer'],
    ['an id that is none', { type: 'peer', id: 1 }],
    ['an unknown type', { type: 'list', id: 'x' }],
    ['a message of nobody', { type: 'message', from: 'nobody', to: 'a', data: 1 }],
    ['a message in the name of one who is here', { type: 'message', from: 'b', to: 'a', data: 1 }],
    ['a message to no text', { type: 'message', from: 'x', to: {}, data: 1 }],
  ])('refuses and counts %s', async (_, told) => {
    const bridge = await serve()
    const [a] = await pair(bridge)
    const trunk = bridge.signals.trunk(bytes, () => {})
    trunk.take({ type: 'peer', id: 'x' })
    trunk.take(told)
    expect(bridge.refused).toEqual(['message'])
    await a.settled()
    expect(a.texts.some((text) => text.includes('data'))).toBe(false)
  })

  test('brings no more members than a topic may have', async () => {
    const bridge = await serve({ limits: { membersPerTopic: 3 } })
    const trunk = bridge.signals.trunk(bytes, () => {})
    for (const id of ['x', 'y', 'z', 'one too many']) trunk.take({ type: 'peer', id })
    expect(bridge.refused).toEqual(['members'])
  })

  test('a send that throws does not hurt, and a closed trunk is silent', async () => {
    const bridge = await serve()
    let sends = 0
    const trunk = bridge.signals.trunk(bytes, () => {
      sends++
      throw new Error('The session is over.')
    })
    await pair(bridge)
    expect(sends).toBe(2)
    trunk.close()
    trunk.close()
    trunk.take({ type: 'peer', id: 'x' })
    await pair(await serve())
    expect([sends, bridge.signals.topics]).toEqual([2, 1])
  })
})

test('a server that shuts down says so, and forgets everybody', async () => {
  const bridge = await serve()
  const [a, b] = await pair(bridge)
  bridge.signals.close()
  expect([await a.closed, await b.closed]).toMatchObject([{ code: 1001 }, { code: 1001 }])
  expect([bridge.signals.members, bridge.signals.topics]).toEqual([0, 0])
})

test('nothing is kept of topics and addresses that nobody uses any more', async () => {
  const bridge = await serve({ limits: { messagesPerSecond: 1_000_000 } })
  const [a, b] = await pair(bridge)
  for (const client of [a, b]) client.socket.close()
  await Promise.all([a.closed, b.closed])
  await expect.poll(() => [bridge.signals.topics, bridge.quotas.addresses]).toEqual([0, 0])
})
