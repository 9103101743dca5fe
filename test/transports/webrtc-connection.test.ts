import { expect, test, vi } from 'vitest'
import { type MessageLink, WebRtcConnection } from '../../src/transports/webrtc-connection.ts'
import { ConnectedEnd } from './connected-end.ts'

/** A link whose far end is the test: it notes what was sent, and lets go of it only when told to. */
class TestLink implements MessageLink {
  readonly messageBytes: number
  bufferedBytes = 0
  mostBuffered = 0
  closed = false
  destroyed = false
  broken = false
  readonly sent: (string | Uint8Array)[] = []

  constructor(messageBytes: number) {
    this.messageBytes = messageBytes
  }

  send(message: string | Uint8Array): void {
    if (this.broken) throw new Error('The channel is closed.')
    this.sent.push(message)
    this.bufferedBytes += message.length
    this.mostBuffered = Math.max(this.mostBuffered, this.bufferedBytes)
  }

  close(): void {
    this.closed = true
  }

  destroy(): void {
    this.destroyed = true
  }

  get texts(): string[] {
    return this.sent.filter((message) => typeof message === 'string')
  }
}

function open(initiator: boolean, { closeTimeout = 10_000, messageBytes = 65_536 } = {}) {
  const link = new TestLink(messageBytes)
  const connection = new WebRtcConnection(link, { initiator, closeTimeout })
  return { link, connection, end: new ConnectedEnd(connection) }
}

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

function drain({ link, connection }: ReturnType<typeof open>): void {
  link.bufferedBytes = 0
  connection.takeProgress()
}

test('sends what was written in one task as one message', async () => {
  const { link, end } = open(true)
  for (let i = 0; i < 1_000; i++) end.send(10)
  await settled()
  expect(link.sent.map((message) => message.length)).toEqual([10_000])
})

test('splits at the largest message that the other end takes', async () => {
  const { link, end } = open(true, { messageBytes: 16_384 })
  end.send(40_000)
  await settled()
  expect(link.sent.map((message) => message.length)).toEqual([16_384, 16_384, 7_232])
})

test('keeps the channel itself at 256 KB and a message, however much is sent at once', async () => {
  const opened = open(true)
  const { link, end } = opened
  expect(end.send(8 * 1_048_576)).toBe(false)
  while (link.bufferedBytes > 0) {
    expect(end.drains).toBe(0)
    drain(opened)
    await settled()
  }
  expect(link.mostBuffered).toBeLessThanOrEqual(262_144 + 65_536)
  expect(link.sent).toHaveLength(128)
  expect(end.drains).toBe(1)
})

test('hands over no more than that in one task to a channel that sends on meanwhile', async () => {
  const { link, end } = open(true)
  Object.defineProperty(link, 'bufferedBytes', { get: () => 0, set: () => {} })
  expect(end.send(1_048_576)).toBe(false)
  expect(link.sent).toHaveLength(4)
  while (link.sent.length < 16) await settled()
  expect(end.drains).toBe(1)
})

test('asks for an answer to its end, and is over when the other end confirmed', async () => {
  const { link, connection, end } = open(true)
  end.send(5)
  connection.close()
  await settled()
  expect(link.sent.map((message) => message.length)).toEqual([5, 3])
  connection.takeMessage('end')
  await settled()
  expect(link.closed).toBe(false)
  connection.takeMessage('confirm')
  expect([link.closed, link.destroyed]).toEqual([true, false])
  connection.takeOver(undefined)
  expect(await end.closed).toBeUndefined()
})

test('confirms as the end that was called, and is over when the caller lets go', async () => {
  const { link, connection, end } = open(false)
  connection.takeMessage('end')
  await settled()
  expect(link.texts).toEqual(['end', 'confirm'])
  connection.takeProgress()
  expect(link.texts).toEqual(['end', 'confirm'])
  connection.takeOver(undefined)
  expect(await end.closed).toBeUndefined()
})

test.each([
  ['the caller', true],
  ['the called end', false],
])('is cut when the link of %s goes before everything was confirmed', async (_, initiator) => {
  const { connection, end } = open(initiator)
  connection.close()
  await settled()
  connection.takeOver(undefined)
  expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
})

test('says its end only behind everything that was sent', async () => {
  const opened = open(true)
  opened.end.send(1_048_576)
  opened.connection.close()
  await settled()
  expect(opened.link.texts).toEqual([])
  while (opened.link.bufferedBytes > 0) {
    drain(opened)
    await settled()
  }
  expect(opened.link.sent.map((message) => message.length)).toEqual([...Array(16).fill(65_536), 3])
})

test('goes on closing for as long as something moves', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { connection, end } = open(true, { closeTimeout: 100 })
    connection.close()
    await settled()
    for (const moves of [() => connection.takeMessage(new Uint8Array(1)), () => connection.takeProgress()]) {
      vi.advanceTimersByTime(99)
      moves()
    }
    vi.advanceTimersByTime(99)
    await settled()
    expect(end.closes).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  } finally {
    vi.useRealTimers()
  }
})

test('gives up closing when nothing moves for closeTimeout', async () => {
  const { link, connection, end } = open(true, { closeTimeout: 5 })
  connection.close()
  expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  expect(link.destroyed).toBe(true)
})

test.each([
  ['an unknown text', ['hello']],
  ['a second end', ['end', 'end']],
  ['a confirmation of nothing', ['confirm']],
])('is over with an error when the peer sends %s', async (_, messages) => {
  const { connection, end } = open(true)
  for (const message of messages) connection.takeMessage(message)
  expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
})

test('drops bytes that come after the end', async () => {
  const { connection, end } = open(false)
  connection.takeMessage('end')
  connection.takeMessage(new Uint8Array(3))
  connection.takeOver(undefined)
  await end.closed
  expect(end.received).toBe(0)
})

test('is over with the cause when the channel refuses a message', async () => {
  const { link, end } = open(true)
  link.broken = true
  end.send(100_000)
  const err = await end.closed
  expect(err).toMatchObject({ code: 'ERR_CONNECTION', cause: { message: 'The channel is closed.' } })
  expect(end.reentrant).toBe(0)
})
