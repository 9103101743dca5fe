import { expect, test } from 'vitest'
import { memoryHub, memoryPair, memoryTransport } from '../../src/transports/memory.ts'
import { testConnections, testTransports } from '../compliance/transport.ts'

testConnections({
  name: 'memory',
  // The high-water mark is not passed by more than the chunk that reaches it.
  mostUnderWay: 262_144,
  async connect() {
    const [a, b] = memoryPair()
    return {
      a,
      b,
      async teardown() {
        a.close()
        await Promise.all([a.over, b.over])
      },
    }
  },
})

const hub = memoryHub()
testTransports({ name: 'memory', create: () => memoryTransport(hub) })

test('hands over the very chunk that was sent', async () => {
  const [a, b] = memoryPair()
  const chunk = new Uint8Array([1, 2, 3])
  const arrived = new Promise<Uint8Array>((resolve) => {
    b.ondata = resolve
  })
  a.send(chunk)
  expect(await arrived).toBe(chunk)
})

test('queues as much as its high-water mark says', () => {
  const [a] = memoryPair({ highWaterMark: 10 })
  expect(a.send(new Uint8Array(9))).toBe(true)
  expect(a.send(new Uint8Array(1))).toBe(false)
  expect(() => memoryPair({ highWaterMark: 0 })).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
})

test('takes as much again when it has drained', async () => {
  const [a] = memoryPair({ highWaterMark: 10 })
  for (let round = 0; round < 3; round++) {
    const drained = new Promise<void>((resolve) => {
      a.ondrain = resolve
    })
    expect([a.send(new Uint8Array(9)), a.send(new Uint8Array(1))]).toEqual([true, false])
    await drained
  }
})

test('delivers what is sent and then closed while a chunk is being delivered', async () => {
  const [a, b] = memoryPair()
  const arrived: number[] = []
  b.ondata = (chunk) => {
    arrived.push(chunk.length)
    if (arrived.length > 1) return
    a.send(new Uint8Array(7))
    a.close()
  }
  a.send(new Uint8Array(1))
  await Promise.all([a.over, b.over])
  expect(arrived).toEqual([1, 7])
})

test('gives the ends opposite roles, or none', () => {
  expect(memoryPair({ initiator: false }).map((end) => end.initiator)).toEqual([false, true])
  expect(memoryPair().map((end) => end.initiator)).toEqual([undefined, undefined])
})

test('leaves nothing on the hub when all have stopped', async () => {
  const transport = memoryTransport(hub)
  const topic = new Uint8Array(32)
  transport.start({ topic, publicKey: topic, onconnection: () => {}, onproblem: () => {} })
  expect(hub.rooms.size).toBe(1)
  await transport.stop()
  expect(hub.rooms.size).toBe(0)
})
