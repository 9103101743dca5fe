import { beforeAll, describe, expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { controllableWire, type Direction, flipByteAt } from '../helpers/controllable-wire.ts'
import {
  type Exchange,
  type ExchangeCores,
  exchange,
  exchangeCores,
  here,
  type Report,
} from '../helpers/exchange.ts'

const directions: Direction[] = ['a→b', 'b→a']

/** What an exchange that nobody touched reports, by side. */
let cores: ExchangeCores
let honest: { a: Report; b: Report; bytes: Record<Direction, number> }

beforeAll(async () => {
  cores = await exchangeCores()
  const wire = controllableWire()
  const { a, b } = await exchange(wire, cores).over
  honest = { a, b, bytes: { 'a→b': wire.bytes('a→b').sent, 'b→a': wire.bytes('b→a').sent } }
})

test('the exchange that is tampered with below ends well when it is not', async () => {
  expect([honest.a.outcome, honest.b.outcome]).toEqual(['clean', 'clean'])
  const kinds = new Set([...honest.a.events, ...honest.b.events].map((event) => event.split(' ')[0]))
  expect([...kinds].sort()).toEqual(['advertise', 'chat', 'open', 'replicate', 'sync', 'synced'])
})

describe('bytes flipped on the way', () => {
  for (const direction of directions) {
    test(`${direction}: nothing wrong is ever reported`, async () => {
      const positions: number[] = []
      for (let at = 0; at < honest.bytes[direction]; at += 5) positions.push(at)
      await inBatches(positions, 32, async (at) => {
        const wire = controllableWire()
        wire.tap(direction, flipByteAt(at))
        await expectNoLies(exchange(wire, cores, { handshakeTimeout: 500 }), `byte ${at}`)
      })
    })
  }
})

describe('a connection cut after any byte', () => {
  for (const direction of directions) {
    test(`${direction}: no clean end for the side that missed something`, async () => {
      const total = honest.bytes[direction]
      const positions = Array.from({ length: total }, (_, at) => at).filter(
        (at) => at % 7 === 0 || at > total - 150,
      )
      const codes = new Set<string>()
      await inBatches(positions, 32, async (at) => {
        const wire = controllableWire()
        let missed = false
        wire.tap(direction, (chunk, { offset }) => {
          if (at >= offset + chunk.length) return [chunk]
          missed = true
          queueMicrotask(() => wire.cut())
          return at > offset ? [chunk.subarray(0, at - offset)] : []
        })
        const result = await exchange(wire, cores).over
        const receiver = direction === 'a→b' ? result.b : result.a
        codes.add(receiver.outcome)
        if (missed) expect(receiver.outcome, `byte ${at}`).toBe('ERR_TRUNCATED')
      })
      expect(codes).toContain('ERR_TRUNCATED')
    })
  }
})

/** What a man in the middle who can read and write everything makes of the sender's control messages. */
type Meddler = (message: Buffer, number: number) => Buffer[]

describe('control messages changed by somebody who can decrypt them', () => {
  const meddlers: Record<string, (target: number) => Meddler> = {
    'its first byte changed': (target) => (message, n) => [n === target ? flipped(message, 0) : message],
    'its middle changed': (target) => (message, n) => [
      n === target ? flipped(message, message.length >> 1) : message,
    ],
    'its code changed': (target) => (message, n) => [
      n === target ? flipped(message, message.length - 1) : message,
    ],
    'a byte cut off': (target) => (message, n) => [n === target ? message.subarray(0, -1) : message],
    'a byte put before it': (target) => (message, n) => [
      n === target ? Buffer.concat([Buffer.alloc(1), message]) : message,
    ],
    'nothing left of it': (target) => (message, n) => [n === target ? Buffer.alloc(0) : message],
    'sent twice': (target) => (message, n) => (n === target ? [message, Buffer.from(message)] : [message]),
    lost: (target) => (message, n) => (n === target ? [] : [message]),
    'moved behind the next': (target) => {
      let late: Buffer | undefined
      return (message, n) => {
        if (n === target) {
          late = message
          return []
        }
        const both = late ? [message, late] : [message]
        late = undefined
        return both
      }
    },
    'replaced by an earlier one': (target) => {
      let before: Buffer | undefined
      return (message, n) => {
        const sent = n === target && before ? before : message
        before = Buffer.from(message)
        return [sent]
      }
    },
  }
  for (const [name, meddler] of Object.entries(meddlers)) {
    test(`${name}: ERR_TAMPERED`, async () => {
      const count = await countMessages()
      expect(count).toBeGreaterThan(6)
      for (let target = 0; target < count; target++) {
        if (target === 0 && name === 'replaced by an earlier one') continue
        const wire = controllableWire()
        const { run, meddled, isLast } = meddledExchange(wire, meddler(target), target)
        await meddled
        // A message that was held back shows at the next one; behind a goodbye there is none.
        const silent = isLast() && ['lost', 'moved behind the next'].includes(name)
        if (silent) wire.cut()
        else probe(run.a)
        const { b } = await run.over
        const late = isLast() && name === 'sent twice' ? ['ERR_TAMPERED', 'clean'] : ['ERR_TAMPERED']
        expect(silent ? ['ERR_TRUNCATED'] : late, `message ${target}`).toContain(b.outcome)
        for (const event of b.events) expect(honest.b.events).toContain(event)
      }
    })
  }

  test('sent as another kind of message: ERR_TAMPERED', async () => {
    for (const type of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const wire = controllableWire()
      const run = exchange(wire, cores, {
        onauthenticate: (_key: Buffer, done: () => void) => {
          const state = stateOf(run.a)
          const send = state._sendNow.bind(state)
          let first = true
          state._sendNow = (channel: number, kind: number, message: unknown) => {
            if (kind !== 15 || !first) return send(channel, kind, message)
            first = false
            return send(channel, type, minimal[type])
          }
          done()
        },
      })
      const { b } = await run.over
      expect(b.outcome).toBe('ERR_TAMPERED')
    }
  })

  test('replayed from another session of the same two ends: ERR_TAMPERED', async () => {
    const recorded: Buffer[] = []
    const wire = controllableWire()
    await meddledExchange(wire, (message) => {
      recorded.push(Buffer.from(message))
      return [message]
    }).run.over
    const again = meddledExchange(controllableWire(), (message, n) => [recorded[n] ?? message])
    expect((await again.run.over).b.outcome).toBe('ERR_TAMPERED')
  })

  test('its own messages sent back to where they came from: ERR_TAMPERED', async () => {
    const run: Exchange = exchange(controllableWire(), cores, {
      onauthenticate: (_key: Buffer, done: () => void) => {
        const [mine, theirs] = [stateOf(run.a), stateOf(run.b)]
        const send = mine._sendNow.bind(mine)
        theirs._sendNow = (
          (original) => (channel: number, kind: number, message: Buffer) =>
            original(channel, kind, kind === 15 ? (captured ?? message) : message)
        )(theirs._sendNow.bind(theirs))
        let captured: Buffer | undefined
        mine._sendNow = (channel: number, kind: number, message: Buffer) => {
          if (kind === 15) captured ??= Buffer.from(message)
          return send(channel, kind, message)
        }
        done()
      },
    })
    expect((await run.over).a.outcome).toBe('ERR_TAMPERED')
  })
})

/** Runs an exchange, a's control messages passing through the meddler's hands. */
function meddledExchange(wire: ReturnType<typeof controllableWire>, meddler: Meddler, target = -1) {
  let seen = 0
  let last = false
  let told!: () => void
  const meddled = new Promise<void>((resolve) => {
    told = resolve
  })
  const run: Exchange = exchange(wire, cores, {
    live: false,
    onauthenticate: (_key: Buffer, done: () => void) => {
      const state = stateOf(run.a)
      if (state.meddled) return done()
      state.meddled = true
      const send = state._sendNow.bind(state)
      state._sendNow = (channel: number, kind: number, message: Buffer) => {
        if (kind !== 15) return send(channel, kind, message)
        const number = seen++
        if (number === target) {
          // The id of the extension, then the type of the message.
          last = message[1] === 10
          queueMicrotask(told)
        }
        const [id, rest] = [message.subarray(0, 1), message.subarray(1)]
        for (const bytes of meddler(rest, number)) send(channel, kind, Buffer.concat([id, bytes]))
      }
      done()
    },
  })
  return { run, meddled, isLast: () => last, count: () => seen }
}

async function countMessages(): Promise<number> {
  const { run, count } = meddledExchange(controllableWire(), (message) => [message])
  const { b } = await run.over
  expect(b.outcome).toBe('clean')
  return count()
}

/** Sends one more message. */
function probe(session: Session) {
  session.registerExtension('probe').send(Buffer.from('one more'))
}

// biome-ignore lint/suspicious/noExplicitAny: the state machine of the engine, which has no types.
function stateOf(session: Session): any {
  // biome-ignore lint/suspicious/noExplicitAny: reaches for what is private.
  return (session as any).link.engine.stream.state
}

const minimal: Record<number, object> = {
  1: { extensions: [] },
  2: { uploading: true },
  3: { start: 0 },
  4: { start: 0 },
  5: { start: 0 },
  6: { start: 0 },
  7: { index: 0 },
  8: { index: 0 },
  9: { index: 0, nodes: [] },
}

function flipped(message: Buffer, at: number): Buffer {
  const copy = Buffer.from(message)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

/** Whatever was reported is what an honest exchange reports; a session that stands still is ended. */
async function expectNoLies({ a, b, over }: Exchange, where: string) {
  const stuck = Promise.all([a, b].map((session) => session.synced({ timeout: 400 }).catch(() => {})))
  const ended = Promise.race([a.closed, b.closed]).catch(() => {})
  await Promise.race([
    over,
    stuck.then(() => Promise.race([over, a.synced({ timeout: 100 }).catch(() => {})])),
  ])
  a.destroy()
  b.destroy()
  await ended
  const result = await over
  for (const side of ['a', 'b'] as const) {
    for (const event of result[side].events) {
      // A feed may fail of it, and the side that gave it up says so.
      if (!event.startsWith('withdraw')) expect(honest[side].events, where).toContain(event)
    }
  }
  const synced = [...result.a.events, ...result.b.events].filter((event) => event.startsWith('synced')).length
  if (synced < 2) return
  const wholes = ['one two three', 'uno dos']
  for (const copy of result.copies) expect(wholes, where).toContain(await here(copy))
}

async function inBatches<T>(items: T[], size: number, run: (item: T) => Promise<void>) {
  for (let i = 0; i < items.length; i += size) await Promise.all(items.slice(i, i + size).map(run))
}
