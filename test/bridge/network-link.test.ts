import { expect, test } from 'vitest'
import { verifyLimits } from '../../src/bridge/limits.ts'
import { BridgeLink } from '../../src/bridge/network-link.ts'
import type { BridgeObserver } from '../../src/bridge/observer.ts'
import { Topic } from '../../src/bridge/signalling/topic.ts'
import { Trunk, type TrunkMessage } from '../../src/bridge/signalling/trunk.ts'

const topic = new Uint8Array(32)

/** One end: a topic without sockets, of which the test is the members. */
function end() {
  const members = new Topic('topic', () => {})
  const refused: string[] = []
  const observer: BridgeObserver = { refused: (reason) => refused.push(reason), relayed() {} }
  const limits = verifyLimits({ membersPerTopic: 5_000 })
  const sent: string[] = []
  const heard = { peers: [] as string[], messages: [] as unknown[] }
  const listen: { post(text: string): void } = { post: (text) => sent.push(text) }
  const signal = {
    trunk: (_: Uint8Array, send: (message: TrunkMessage) => void) =>
      new Trunk(members, send, { limits, observer }),
  }
  const link = () =>
    new BridgeLink({ topic, signal, observer, onpeer() {}, send: (text) => listen.post(text) })
  const join = (id: string) =>
    members.join({
      ...{ id, secret: '', gone() {}, relay() {}, replaced() {} },
      peer: (other) => void heard.peers.push(other),
      message: (_, data) => void heard.messages.push(data),
    })
  return { members, refused, sent, heard, link, join, listen }
}

/** Two ends whose texts go to each other. */
function pair() {
  const [a, b] = [end(), end()]
  const before = [a.link(), b.link()] as const
  const greetings = [a.sent.splice(0), b.sent.splice(0)] as const
  const texts: string[] = []
  a.listen.post = (text) => {
    if (text.startsWith('{"messages"')) texts.push(text)
    before[1].take(text)
  }
  b.listen.post = (text) => before[0].take(text)
  for (const text of greetings[1]) before[0].take(text)
  for (const text of greetings[0]) before[1].take(text)
  return { a, b, links: before, texts }
}

test('many members are told of in few texts', async () => {
  const { a, b, texts } = pair()
  b.join('listener')
  for (let n = 0; n < 2_500; n++) a.join(`member ${n}`)
  await expect.poll(() => b.heard.peers.length).toBe(2_500)
  expect(texts.length).toBeLessThan(10)
  expect([a.refused, b.refused]).toEqual([[], []])
})

test('what waits is bounded: messages are left out, members never', async () => {
  const { a, b } = pair()
  b.join('listener')
  a.join('talker')
  await expect.poll(() => b.heard.peers).toEqual(['talker'])
  for (let n = 0; n < 100; n++) a.members.message('talker', 'listener', 'x'.repeat(120_000))
  a.join('last')
  await expect.poll(() => b.heard.peers, { timeout: 10_000 }).toEqual(['talker', 'last'])
  expect(b.heard.messages.length).toBe(69)
  expect(a.refused).toEqual(Array(31).fill('messages'))
})

test('a message that no session takes is left out', async () => {
  const { a, b } = pair()
  b.join('listener')
  a.join('talker')
  await expect.poll(() => b.heard.peers).toEqual(['talker'])
  a.members.message('talker', 'listener', 'x'.repeat(600_000))
  a.members.message('talker', 'listener', 'after it')
  await expect.poll(() => b.heard.messages).toEqual(['after it'])
  expect(a.refused).toEqual(['message-size'])
})

test('garbage is counted, and costs nobody anything', () => {
  const { link, join, heard, refused, sent } = end()
  join('member')
  const taking = link()
  expect(sent).toEqual(['{"bridge":1}'])
  const garbage = [
    '',
    'null',
    '[]',
    '{"bridge":2}',
    '{"messages":{}}',
    '['.repeat(100_000),
    JSON.stringify({ messages: Array(1_025).fill({ type: 'peer', id: 'x' }) }),
  ]
  taking.take('{"messages":[]}')
  for (const text of garbage) taking.take(text)
  taking.take('{"bridge":1}')
  for (const text of garbage) taking.take(text)
  taking.take(
    '{"messages":[null,7,{"type":"peer"},{"type":"peer","id":"real"},{"type":"message","from":"x"}]}',
  )
  expect(heard.peers).toEqual(['real'])
  expect(refused).toEqual(Array(1 + 2 * garbage.length + 4).fill('message'))
})

test('who says far more than a bridge does is not listened to any more', () => {
  const { link, join, heard, refused } = end()
  join('member')
  const taking = link()
  taking.take('{"bridge":1}')
  for (let n = 0; n < 10_000 && refused.length === 0; n++) taking.take('{"messages":[]}')
  expect(refused).toEqual(['messages'])
  expect(taking.isBridge).toBe(false)
  taking.take('{"bridge":1}')
  taking.take('{"messages":[{"type":"peer","id":"late"}]}')
  expect(heard.peers).toEqual([])
})

test('a link that is closed says nothing more', async () => {
  const { a, b, links, texts } = pair()
  a.join('early')
  await expect.poll(() => texts.length).toBe(1)
  links[0].close()
  a.join('late')
  b.join('other')
  await expect.poll(() => b.heard.peers).toEqual(['early'])
  expect(texts.length).toBe(1)
  expect(a.heard.peers).not.toContain('other')
})
