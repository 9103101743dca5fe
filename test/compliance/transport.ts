/** What every connection and every transport keeps to. Each transport's own test calls these with a factory. */
import { describe, expect, test } from 'vitest'
import type { Connection, Transport, TransportTarget } from '../../src/connection.ts'
import { Replic8Error } from '../../src/errors.ts'
import { ConnectedEnd } from '../transports/connected-end.ts'

export interface ConnectedPair {
  a: Connection
  b: Connection
  /** Takes away what a's end runs on, as if its host had died. Left out: `abort` stands for it. */
  vanish?(): void
  teardown(): void | Promise<void>
}

export interface ConnectionFactory {
  name: string
  /** Two ends of a new connection, to which nothing has happened yet. */
  connect(): Promise<ConnectedPair>
  /** Bytes under way, at most, while a sender obeys. Left out where a network in between holds some of its own. */
  mostUnderWay?: number
}

const MB = 1_048_576
/** Declares the tests of the Connection contract. */
export function testConnections({ name, connect, mostUnderWay = Infinity }: ConnectionFactory): void {
  type Ends = { a: ConnectedEnd; b: ConnectedEnd; vanish: () => void }
  const connectionTest = (title: string, run: (ends: Ends) => Promise<void>) =>
    test(title, async () => {
      const pair = await connect()
      const a = new ConnectedEnd(pair.a)
      const b = new ConnectedEnd(pair.b)
      const vanish = () => (pair.vanish ? pair.vanish() : pair.a.abort(new Error('The host died.')))
      try {
        await run({ a, b, vanish })
      } finally {
        await pair.teardown()
      }
      expect(a.closes.length, 'onclose of a').toBe(1)
      expect(b.closes.length, 'onclose of b').toBe(1)
    })

  describe(`a ${name} connection`, () => {
    for (const length of [1, 2, 65_535, 65_536, 65_537, 262_145, MB, 8 * MB]) {
      connectionTest(`carries ${length} bytes given in one call`, async ({ a, b }) => {
        a.send(length)
        await b.arrived(length)
        b.expectBytes(length)
      })
    }

    connectionTest('keeps 10,000 small chunks in order, in both directions at once', async ({ a, b }) => {
      for (let i = 0; i < 10_000; i++) {
        a.send(1 + (i % 300))
        b.send(1 + (i % 170))
      }
      await Promise.all([a.arrived(b.sent), b.arrived(a.sent)])
      a.expectBytes(b.sent)
      b.expectBytes(a.sent)
    })

    connectionTest('carries chunks of every size mixed, in both directions at once', async ({ a, b }) => {
      const sizes = [3, 200_000, 1, 65_536, 70_000, 17, 500_000, 1_024]
      for (const size of sizes) a.send(size)
      for (const size of sizes.toReversed()) b.send(size)
      await Promise.all([a.arrived(b.sent), b.arrived(a.sent)])
      a.expectBytes(b.sent)
      b.expectBytes(a.sent)
    })

    connectionTest('takes an empty chunk as nothing', async ({ a, b }) => {
      expect(a.send(0)).toBe(true)
      a.send(5)
      await b.arrived(5)
      b.expectBytes(5)
    })

    for (const [from, to] of ['ab', 'ba'] as const) {
      connectionTest(`holds back a sender at ${from}`, async (ends) => {
        const sender = ends[from as 'a' | 'b']
        const receiver = ends[to as 'a' | 'b']
        let most = 0
        const refusals = await sender.sendObeying(16 * MB, 65_536, () => {
          most = Math.max(most, sender.sent - receiver.received)
        })
        await receiver.arrived(16 * MB)
        receiver.expectBytes(16 * MB)
        expect(refusals).toBeGreaterThan(0)
        expect(sender.drains).toBe(refusals)
        expect(most).toBeLessThanOrEqual(mostUnderWay)
      })
    }

    connectionTest('refuses more within a megabyte when the sender does not wait', async ({ a, b }) => {
      while (a.send(65_536)) expect(a.sent).toBeLessThan(MB)
      await b.arrived(a.sent)
      b.expectBytes(a.sent)
    })

    connectionTest('holds back both ends at once without a standstill', async ({ a, b }) => {
      const total = 4 * MB
      await Promise.all([
        a.sendObeying(total, 10_000),
        b.sendObeying(total, 200_000),
        a.arrived(total),
        b.arrived(total),
      ])
      a.expectBytes(total)
      b.expectBytes(total)
    })

    connectionTest('never calls ondrain unless a send was refused', async ({ a, b }) => {
      a.send(10)
      await b.arrived(10)
      b.send(10)
      await a.arrived(10)
      expect(a.drains + b.drains).toBe(0)
    })

    connectionTest('delivers everything sent before a close, and ends without an error', async ({ a, b }) => {
      a.send(3 * MB)
      a.send(1)
      a.calling(() => a.connection.close())
      expect(await a.closed).toBeUndefined()
      expect(await b.closed).toBeUndefined()
      b.expectBytes(3 * MB + 1)
      expect(a.reentrant).toBe(0)
    })

    connectionTest('delivers what the other end had sent when it learns of the close', async ({ a, b }) => {
      b.send(2 * MB)
      a.connection.close()
      expect(await a.closed).toBeUndefined()
      expect(await b.closed).toBeUndefined()
      a.expectBytes(2 * MB)
    })

    connectionTest('ends without an error when both ends close at once', async ({ a, b }) => {
      a.send(MB)
      b.send(MB)
      a.connection.close()
      b.connection.close()
      expect(await a.closed).toBeUndefined()
      expect(await b.closed).toBeUndefined()
      a.expectBytes(MB)
      b.expectBytes(MB)
    })

    connectionTest('ends without an error when nothing was ever sent', async ({ a, b }) => {
      b.connection.close()
      expect(await b.closed).toBeUndefined()
      expect(await a.closed).toBeUndefined()
    })

    connectionTest('lets an end close from within ondata', async ({ a, b }) => {
      const { ondata } = b.connection
      b.connection.ondata = (chunk) => {
        ondata(chunk)
        b.connection.close()
      }
      a.send(1)
      expect(await a.closed).toBeUndefined()
      expect(await b.closed).toBeUndefined()
      b.expectBytes(1)
    })

    connectionTest('ignores what is sent after a close', async ({ a, b }) => {
      a.send(100)
      a.connection.close()
      expect(a.connection.send(new Uint8Array(50))).toBe(false)
      a.connection.close()
      await Promise.all([a.closed, b.closed])
      expect(a.connection.send(new Uint8Array(50))).toBe(false)
      expect(b.connection.send(new Uint8Array(50))).toBe(false)
      b.expectBytes(100)
      expect(a.drains).toBe(0)
    })

    connectionTest('gives an aborting end its own error and the other a coded one', async ({ a, b }) => {
      const reason = new Error('enough')
      a.send(8 * MB)
      a.calling(() => a.connection.abort(reason))
      expect(await a.closed).toBe(reason)
      expect(await b.closed).toBeInstanceOf(Replic8Error)
      expect(b.received).toBeLessThan(8 * MB)
      expect(b.wrongAt).toBeUndefined()
      expect(a.reentrant).toBe(0)
    })

    connectionTest('delivers nothing more to an end that aborted', async ({ a, b }) => {
      b.send(MB)
      a.connection.abort(new Error('enough'))
      await Promise.all([a.closed, b.closed])
      expect(a.received).toBe(0)
    })

    connectionTest('can be aborted while it closes', async ({ a, b }) => {
      const reason = new Error('no time')
      a.send(8 * MB)
      a.connection.close()
      a.connection.abort(reason)
      expect(await a.closed).toBe(reason)
      expect(await b.closed).toBeInstanceOf(Replic8Error)
    })

    connectionTest('ignores calls when it is over', async ({ a, b }) => {
      a.connection.close()
      await Promise.all([a.closed, b.closed])
      for (const end of [a, b]) {
        end.connection.close()
        end.connection.abort(new Error('too late'))
      }
    })

    connectionTest('ends with an error when the other end vanishes', async ({ a, b, vanish }) => {
      a.send(10)
      await b.arrived(10)
      vanish()
      expect(await b.closed).toBeInstanceOf(Replic8Error)
      a.connection.abort(new Error('The host died.'))
      await a.closed
    })

    connectionTest(
      'ends with an error when the other end vanishes before it heard of the close',
      async (ends) => {
        const { a, b, vanish } = ends
        b.send(8 * MB)
        b.connection.close()
        vanish()
        expect(await b.closed).toBeInstanceOf(Replic8Error)
        a.connection.abort(new Error('The host died.'))
        await a.closed
      },
    )
  })
}

export interface TransportFactory {
  name: string
  /** A new transport; all of them are on one network. */
  create(): Transport
}

/** One started transport and the connections it brought. */
class Member {
  readonly transport: Transport
  readonly topic: Uint8Array
  readonly ends: ConnectedEnd[] = []
  readonly problems: Error[] = []
  #wakers: (() => void)[] = []

  constructor(transport: Transport, topic: Uint8Array) {
    this.transport = transport
    this.topic = topic
  }

  async start(): Promise<this> {
    const target: TransportTarget = {
      topic: this.topic,
      publicKey: crypto.getRandomValues(new Uint8Array(32)),
      onconnection: (connection) => {
        this.ends.push(new ConnectedEnd(connection))
        for (const wake of this.#wakers.splice(0)) wake()
      },
      onproblem: (err) => this.problems.push(err),
    }
    await this.transport.start(target)
    return this
  }

  async connected(count: number): Promise<ConnectedEnd[]> {
    while (this.ends.length < count) await new Promise<void>((resolve) => this.#wakers.push(resolve))
    return this.ends
  }
}

/** Declares the tests of the Transport contract. */
export function testTransports({ name, create }: TransportFactory): void {
  const topic = () => crypto.getRandomValues(new Uint8Array(32))
  const started = (of: Uint8Array) => new Member(create(), of).start()
  const met = async (members: [Member, Member]): Promise<[ConnectedEnd, ConnectedEnd]> => {
    const [one, other] = await Promise.all(members.map((member) => member.connected(1)))
    return [one?.[0] as ConnectedEnd, other?.[0] as ConnectedEnd]
  }
  const two = (of: Uint8Array) => Promise.all([started(of), started(of)])
  const stopAll = (members: Member[]) => Promise.all(members.map(({ transport }) => transport.stop()))

  describe(`the ${name} transport`, () => {
    test('connects two peers of a topic once, and bytes pass both ways', async () => {
      const meeting = topic()
      const members = await two(meeting)
      const [a, b] = await met(members)
      a.send(1_000)
      b.send(2_000)
      await Promise.all([b.arrived(1_000), a.arrived(2_000)])
      const roles = [a.connection.initiator, b.connection.initiator]
      expect([
        [undefined, undefined],
        [true, false],
        [false, true],
      ]).toContainEqual(roles)
      await stopAll(members)
      expect(members.map(({ ends, problems }) => [ends.length, problems])).toEqual([
        [1, []],
        [1, []],
      ])
    })

    test('connects all peers of a topic with each other', async () => {
      const meeting = topic()
      const members = await Promise.all([0, 1, 2, 3].map(() => started(meeting)))
      const ends = await Promise.all(members.map((member) => member.connected(3)))
      for (const end of ends.flat()) end.send(10)
      await Promise.all(ends.flat().map((end) => end.arrived(10)))
      await stopAll(members)
      expect(members.map((member) => member.ends.length)).toEqual([3, 3, 3, 3])
    })

    test('never connects peers of different topics', async () => {
      const [one, other] = [topic(), topic()]
      const stranger = await started(other)
      const members = await two(one)
      await met(members)
      const friend = await started(other)
      await Promise.all([stranger.connected(1), friend.connected(1)])
      await stopAll([...members, stranger, friend])
      expect([...members, stranger, friend].map(({ ends }) => ends.length)).toEqual([1, 1, 1, 1])
    })

    test('ends every connection when it stops, and delivers what was sent before', async () => {
      const meeting = topic()
      const members = await two(meeting)
      const [a, b] = await met(members)
      a.send(MB)
      await members[0].transport.stop()
      expect(a.closes).toEqual([undefined])
      expect(await b.closed).toBeUndefined()
      b.expectBytes(MB)
      await members[1].transport.stop()
    })

    test('connects again after a stop and a second start', async () => {
      const meeting = topic()
      const members = await two(meeting)
      await met(members)
      await members[0].transport.stop()
      await members[0].start()
      const ends = await Promise.all(members.map((member) => member.connected(2)))
      ends[0]?.[1]?.send(10)
      await ends[1]?.[1]?.arrived(10)
      await stopAll(members)
    })

    test('can be stopped before anybody was met, twice, and without a start', async () => {
      const transport = create()
      await transport.stop()
      await new Member(transport, topic()).start()
      await transport.stop()
      await transport.stop()
    })

    test('can be stopped while it connects', async () => {
      const meeting = topic()
      const members = await two(meeting)
      await stopAll(members)
      const ends = members.flatMap((member) => member.ends)
      await Promise.all(ends.map((end) => end.closed))
      expect(members.flatMap((member) => member.problems)).toEqual([])
    })

    test('refuses a second start without a stop, and a topic that is not 32 bytes', async () => {
      const member = await started(topic())
      await expect(member.start()).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
      await member.transport.stop()
      await expect(started(new Uint8Array(31))).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    })

    test('survives an owner that throws when it is given a connection', async () => {
      const meeting = topic()
      const other = await started(meeting)
      const transport = create()
      const problem = new Promise<Error>((onproblem) => {
        const onconnection = () => {
          throw new Error('not today')
        }
        transport.start({ topic: meeting, publicKey: topic(), onconnection, onproblem })
      })
      expect(await problem).toMatchObject({ code: 'ERR_HANDLER_FAILED' })
      await transport.stop()
      await other.transport.stop()
    })
  })
}
