import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import { Replic8Error } from '../../src/errors.ts'
import type { SwarmOptions } from '../../src/transports/swarm.ts'
import { dhtTopic } from '../../src/transports/swarm-hello.ts'
import { ConnectedEnd } from './connected-end.ts'
import { type PrivateDht, privateDht } from './swarm-network.ts'

let dht: PrivateDht
beforeAll(async () => {
  dht = await privateDht()
})
afterAll(() => dht.close())

const newTopic = () => crypto.getRandomValues(new Uint8Array(32))

/** Somebody who found out where peers of the topic are announced, and announces there. */
async function stranger(topic: Uint8Array) {
  const swarm = dht.stranger()
  onTestFinished(() => swarm.destroy())
  swarm.join(dhtTopic(topic), { server: true, client: false })
  await swarm.flush()
  return {
    swarm,
    /** The stream of the next who connects, and what it says first. */
    async called() {
      const [stream] = await once(swarm, 'connection')
      stream.on('error', () => {})
      const closed = new Promise((resolve) => stream.on('close', resolve))
      const [hello] = await once(stream, 'data')
      return { stream, closed, hello: hello as Buffer }
    },
  }
}

/** A transport that is started. */
async function started(topic: Uint8Array, options: SwarmOptions = {}) {
  const transport = dht.swarm(options)
  onTestFinished(() => transport.stop())
  const connections: Connection[] = []
  const problems: Error[] = []
  const problem = new Promise<Error>((resolve) => {
    void transport.start({
      topic,
      publicKey: newTopic(),
      onconnection: (connection) => connections.push(connection),
      onproblem(error) {
        problems.push(error)
        resolve(error)
      },
    })
  })
  return { transport, connections, problems, problem }
}

test('the DHT is asked for a hash of the topic, by which nothing else is found', () => {
  const topic = newTopic()
  expect(dhtTopic(topic)).toHaveLength(32)
  expect(dhtTopic(topic)).not.toEqual(Buffer.from(topic))
  expect(dhtTopic(newTopic())).not.toEqual(dhtTopic(topic))
})

test('who does not know the topic is no connection, whatever it says', async () => {
  const topic = newTopic()
  const forged = (stream: { handshakeHash: Uint8Array }) =>
    createHmac('sha256', dhtTopic(topic))
      .update('replic8 swarm hello v1')
      .update(stream.handshakeHash)
      .digest()
  const answers: [code: string, answer: (hello: Buffer, stream: never) => Uint8Array][] = [
    ['ERR_HANDSHAKE', () => Buffer.from('hello')],
    ['ERR_HANDSHAKE', () => Buffer.alloc(100_000)],
    ['ERR_HANDSHAKE', (hello) => hello],
    ['ERR_HANDSHAKE', (_, stream) => Buffer.concat([Buffer.from('replic8/1 '), forged(stream)])],
    ['ERR_UNSUPPORTED_VERSION', (hello) => Buffer.concat([Buffer.from('replic8/2'), hello.subarray(9)])],
  ]
  for (const [code, answer] of answers) {
    const { swarm, called } = await stranger(topic)
    const calling = called()
    const { problem, connections, transport } = await started(topic)
    const { stream, closed, hello } = await calling
    stream.write(answer(hello, stream as never))
    expect(await problem).toMatchObject({ code })
    await closed
    expect(connections).toEqual([])
    await Promise.all([transport.stop(), swarm.destroy()])
  }
})

test('who says nothing is let go', async () => {
  const topic = newTopic()
  const { called } = await stranger(topic)
  const calling = called()
  const { connections, problems } = await started(topic, { helloTimeout: 50 })
  await (await calling).closed
  expect([connections, problems]).toEqual([[], []])
})

test('takes no more than maxPeers, and those who are there stay', async () => {
  const topic = newTopic()
  const full = await started(topic, { maxPeers: 1, client: false })
  const first = await started(topic, { server: false })
  await expect.poll(() => full.connections.length, { timeout: 10_000 }).toBe(1)
  await expect.poll(() => first.connections.length).toBe(1)
  const ends = [full, first].map(({ connections }) => new ConnectedEnd(connections[0] as Connection))
  const other = dht.stranger()
  onTestFinished(() => other.destroy())
  const calling = once(other, 'connection')
  other.join(dhtTopic(topic), { server: false, client: true })
  const [stream] = await calling
  const heard: string[] = []
  stream.on('error', () => {}).on('data', () => heard.push('hello'))
  await new Promise((resolve) => stream.on('close', resolve))
  expect(heard).toEqual([])
  ends[0]?.send(1_000)
  await ends[1]?.arrived(1_000)
  expect(full.connections).toHaveLength(1)
})

test('a peer that was cut off is met again', async () => {
  const topic = newTopic()
  const [one, other] = [await started(topic), await started(topic)]
  await expect.poll(() => one.connections.length).toBe(1)
  await expect.poll(() => other.connections.length).toBe(1)
  const end = new ConnectedEnd(other.connections[0] as Connection)
  one.connections[0]?.abort(new Error('cut'))
  expect(await end.closed).toBeInstanceOf(Replic8Error)
  await expect.poll(() => other.connections.length, { timeout: 20_000 }).toBeGreaterThan(1)
})

test('a DHT that does not answer is a problem, and the transport can be stopped', async () => {
  const bootstrap = ['127.0.0.1:9']
  const { problem, transport } = await started(newTopic(), { bootstrap })
  expect(await problem).toMatchObject({ code: 'ERR_CONNECTION' })
  await transport.stop()
})
