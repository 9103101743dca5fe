import { expect, test } from 'vitest'
import type { Connection, Transport, TransportTarget } from '../../src/connection.ts'
import { Replic8Error } from '../../src/errors.ts'
import { memoryHub, memoryPair, memoryTransport } from '../../src/transports/memory.ts'
import { exposeTransport, type WorkerEndpoint, wrapTransport } from '../../src/transports/worker.ts'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { ConnectedEnd } from './connected-end.ts'
import { lent, lentPairs } from './worker-pair.ts'

function memoryEnds() {
  const [a, b] = memoryPair()
  const teardown = async () => {
    a.close()
    await Promise.all([a.over, b.over])
  }
  return { a, b, teardown }
}
for (const pairs of lentPairs(memoryEnds, 'memory')) testConnections(pairs)

const hub = memoryHub()
/** The two sides of a worker. */
const sides = () => {
  const { port1, port2 } = new MessageChannel()
  return { page: port1 as WorkerEndpoint, worker: port2 as WorkerEndpoint }
}

testTransports({
  name: 'worker',
  create() {
    const { page, worker } = sides()
    exposeTransport(memoryTransport(hub), worker)
    return wrapTransport(page)
  },
})

const topic = new Uint8Array(32)
const publicKey = new Uint8Array(32).fill(1)

/** A target that notes what it is given. */
function target() {
  const problems: Error[] = []
  let onend!: (end: ConnectedEnd) => void
  const end = new Promise<ConnectedEnd>((resolve) => {
    onend = resolve
  })
  const to: TransportTarget = {
    topic,
    publicKey,
    onconnection: (connection) => onend(new ConnectedEnd(connection)),
    onproblem: (error) => problems.push(error),
  }
  return { to, problems, end }
}

/** A transport whose `start` is the test's. */
const startedBy = (start: (to: TransportTarget) => void): Transport => ({ start, stop: () => {} })

test('starts the page’s transport with the topic and key of the worker, and brings its connections', async () => {
  const { page, worker } = sides()
  const [a, b] = memoryPair({ initiator: true, kind: 'webrtc' })
  let started: TransportTarget | undefined
  exposeTransport(
    startedBy((to) => {
      started = to
      to.onconnection(a)
    }),
    worker,
  )
  const { to, end } = target()
  await wrapTransport(page).start(to)
  expect([started?.topic, started?.publicKey]).toEqual([topic, publicKey])
  const { connection } = await end
  expect([connection.kind, connection.initiator]).toEqual(['webrtc', true])
  b.abort(new Error('enough'))
})

test('a worker that starts first waits for the page', async () => {
  const { page, worker } = sides()
  const starting = wrapTransport(page).start(target().to)
  const started = new Promise((resolve) => {
    exposeTransport(startedBy(resolve), worker)
  })
  await Promise.all([starting, started])
})

test('passes on why the page’s transport cannot start, with its code', async () => {
  const { page, worker } = sides()
  const fail = () => {
    throw new Replic8Error('ERR_BAD_OPTION', 'There is no WebRTC here.')
  }
  exposeTransport(startedBy(fail), worker)
  const transport = wrapTransport(page)
  const { message } = new Replic8Error('ERR_BAD_OPTION', 'There is no WebRTC here.')
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(transport.start(target().to)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', message })
})

test('passes on problems with their code, reason and cause', async () => {
  const { page, worker } = sides()
  const cause = new Replic8Error('ERR_SIGNAL', 'No answer.', { cause: new Error('socket') })
  const reason = { code: '4000', message: 'full' }
  const told = new Replic8Error('ERR_RELAY', undefined, { cause, reason })
  exposeTransport(
    startedBy((to) => to.onproblem(told)),
    worker,
  )
  const { to, problems } = target()
  await wrapTransport(page).start(to)
  expect(problems).toEqual([told])
  expect(problems[0]).toMatchObject({ code: 'ERR_RELAY', reason, cause: { code: 'ERR_SIGNAL' } })
})

test('several transports of one worker are told apart by name, and its own messages are left alone', async () => {
  const { page, worker } = sides()
  const started: string[] = []
  for (const name of ['one', 'other'])
    exposeTransport(
      startedBy(() => started.push(name)),
      worker,
      { name },
    )
  worker.postMessage('hello', [])
  worker.postMessage(null, [])
  page.postMessage({ type: 'mine' }, [])
  await wrapTransport(page, { name: 'other' }).start(target().to)
  expect(started).toEqual(['other'])
  await wrapTransport(page, { name: 'one' }).start(target().to)
  expect(started).toEqual(['other', 'one'])
})

test('a page that exposes another transport in its place starts that one; the connections of the first stop', async () => {
  const { page, worker } = sides()
  const [first, second, far] = [memoryTransport(hub), memoryTransport(hub), memoryTransport(hub)]
  const mine = target()
  const ends: ConnectedEnd[] = []
  let wake = () => {}
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      wake = () => ends.length >= count && resolve()
      wake()
    })
  mine.to.onconnection = (connection) => {
    ends.push(new ConnectedEnd(connection))
    wake()
  }
  far.start(target().to)
  const exposed = exposeTransport(first, worker)
  await wrapTransport(page).start(mine.to)
  await arrived(1)
  await exposed.close()
  expect(await ends[0]?.closed).toBeUndefined()
  exposeTransport(second, worker)
  await arrived(2)
  await far.stop()
})

test('a transport whose stop fails is over all the same, and the worker is told', async () => {
  const { page, worker } = sides()
  const stop = () => {
    throw new Error('stuck')
  }
  exposeTransport({ start: () => {}, stop }, worker)
  const { to, problems } = target()
  const transport = wrapTransport(page)
  await transport.start(to)
  await transport.stop()
  expect(problems).toEqual([new Error('stuck')])
})

test('lets its owner finish when the page’s transport needs the place, and closes where it does not', async () => {
  for (const finishes of [true, false]) {
    const [a, b] = memoryPair()
    const end = new ConnectedEnd(lent(a).connection)
    const other = new ConnectedEnd(b)
    if (finishes)
      end.connection.onretire = () => {
        end.send(100)
        end.connection.close()
      }
    ;(a as Connection).onretire?.()
    expect(await other.closed).toBeUndefined()
    expect(other.received).toBe(finishes ? 100 : 0)
  }
})

test('moves the bytes that it is given whole, and leaves alone what shares a buffer with them', async () => {
  const [a, b] = memoryPair()
  const { connection } = lent(a)
  const shared = new Uint8Array(200_000).fill(7)
  const whole = new Uint8Array(200_000)
  const { buffer } = whole
  let received = 0
  const all = new Promise<void>((resolve) => {
    b.ondata = (chunk) => {
      received += chunk.length
      if (received === 300_000) resolve()
    }
  })
  connection.send(shared.subarray(0, 100_000))
  connection.send(whole)
  await all
  expect([shared.length, shared[199_999], buffer.byteLength]).toEqual([200_000, 7, 0])
})

test('names what it cannot take', () => {
  const { page, worker } = sides()
  const code = (error: string) => expect.objectContaining({ code: error })
  expect(() => exposeTransport({} as Transport, worker)).toThrow(code('ERR_BAD_ARGUMENT'))
  expect(() => exposeTransport(memoryTransport(hub), {} as WorkerEndpoint)).toThrow(code('ERR_BAD_ARGUMENT'))
  expect(() => wrapTransport(page, { name: '' })).toThrow(code('ERR_BAD_OPTION'))
})
