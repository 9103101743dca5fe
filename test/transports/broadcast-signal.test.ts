import { expect, test, vi } from 'vitest'
import type { SignalRoom } from '../../src/connection.ts'
import { type BroadcastSignalOptions, broadcastSignal } from '../../src/transports/broadcast-signal.ts'

const topicOf = (byte: number) => new Uint8Array(32).fill(byte)

/** One who joined, and what it heard, word by word. */
function listener(id: string, topic: Uint8Array, options: BroadcastSignalOptions = {}) {
  const heard: unknown[][] = []
  let wake = () => {}
  const hear = (...words: unknown[]) => {
    heard.push(words)
    wake()
  }
  const room: SignalRoom = broadcastSignal(options).join(topic, id, {
    peer: (other) => hear('peer', other),
    gone: (other) => hear('gone', other),
    message: (from, data) => hear('message', from, data),
  })
  const until = async (count: number) => {
    while (heard.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return heard
  }
  return { room, heard, until }
}

test('shows peers to each other, carries messages to one, and says goodbye', async () => {
  const a = listener('a', topicOf(1))
  await listener('b', topicOf(1)).room.leave()
  const b = listener('c', topicOf(1))
  expect(await a.until(3)).toEqual([
    ['peer', 'b'],
    ['gone', 'b'],
    ['peer', 'c'],
  ])
  expect(await b.until(1)).toEqual([['peer', 'a']])
  a.room.send('c', { hello: 1 })
  expect(await b.until(2)).toContainEqual(['message', 'a', { hello: 1 }])
  b.room.send('nobody', 1)
  b.room.leave()
  expect(await a.until(4)).toContainEqual(['gone', 'c'])
  a.room.leave()
})

test('keeps topics and names apart', async () => {
  const apart = [listener('x', topicOf(3)), listener('y', topicOf(2), { name: 'another' })]
  const a = listener('a', topicOf(2))
  const b = listener('b', topicOf(2))
  await Promise.all([a.until(1), b.until(1)])
  expect(apart.map(({ heard }) => heard)).toEqual([[], []])
  for (const { room } of [a, b, ...apart]) room.leave()
})

test('is silent after it was left', async () => {
  const a = listener('a', topicOf(4))
  const b = listener('b', topicOf(4))
  await Promise.all([a.until(1), b.until(1)])
  b.room.leave()
  b.room.leave()
  b.room.send('a', 'late')
  expect(await a.until(2)).toEqual([
    ['peer', 'b'],
    ['gone', 'b'],
  ])
  a.room.leave()
})

test('ignores what other scripts of the origin post', async () => {
  const a = listener('a', topicOf(5))
  const intruder = new BroadcastChannel(`replic8:${'05'.repeat(32)}`)
  const junk = [null, 1, 'hello', {}, { type: 'hello' }, { type: 'hello', from: 7 }, { type: 'x', from: 'y' }]
  for (const message of [...junk, { type: 'hello', from: '' }, { type: 'hello', from: 'x'.repeat(65) }]) {
    intruder.postMessage(message)
  }
  const b = listener('b', topicOf(5))
  await b.until(1)
  expect(await a.until(1)).toEqual([['peer', 'b']])
  intruder.close()
  for (const { room } of [a, b]) room.leave()
})

test('says so where there is no BroadcastChannel', () => {
  vi.stubGlobal('BroadcastChannel', undefined)
  expect(() => listener('a', topicOf(6))).toThrow(expect.objectContaining({ code: 'ERR_SIGNAL' }))
  vi.unstubAllGlobals()
})

test('refuses a name that is none', () => {
  for (const name of ['', 5, null]) {
    expect(() => broadcastSignal({ name } as BroadcastSignalOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
    )
  }
})
