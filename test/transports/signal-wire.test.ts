import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import {
  clientLimits,
  decodeSignal,
  encodeSignal,
  type SignalType,
  signalCodes,
  signalLimits,
  signalTable,
} from '../../src/transports/signal-wire.ts'
import { closeCodes } from '../../src/transports/websocket-hello.ts'

const topic = '0123456789abcdef'.repeat(4)
const secret = '0123456789abcdef'.repeat(2)

/** One of each kind. */
const messages: Record<SignalType, Record<string, unknown>> = {
  join: { room: 0, topic, id: 'a', secret },
  leave: { room: 1 },
  send: { room: 1, to: 'b', data: { sdp: 'v=0' } },
  ask: { room: 1, to: 'b' },
  ping: {},
  peer: { room: 0, id: 'ü'.repeat(64) },
  gone: { room: 0, id: 'b' },
  message: { room: 0, from: 'b', data: null },
  relay: { room: 0, id: 'b', ticket: topic, initiator: false },
  norelay: { room: 0, id: 'b', code: 'ERR_RELAY', detail: 'Not here.' },
  refused: { room: 0, code: 'ERR_OVER_QUOTA', detail: '' },
  pong: {},
}

const wrong: Record<string, unknown[]> = {
  room: [-1, 1.5, '0', null, undefined, 2 ** 60],
  topic: [topic.toUpperCase(), topic.slice(1), `${topic}0`, 1, undefined, `${topic.slice(1)}\n`],
  id: ['', 'x'.repeat(65), 7, null, undefined, ['a']],
  to: ['', 'x'.repeat(65), 7, undefined],
  from: ['', 'x'.repeat(65), 7, undefined],
  secret: ['', secret.slice(1), 'g'.repeat(32), undefined],
  ticket: ['', topic.slice(1), undefined],
  initiator: [0, 'true', undefined],
  code: ['ERR_TAMPERED', 'toString', undefined],
  detail: ['x'.repeat(257), 1, undefined],
  data: [JSON.parse(`${'['.repeat(34)}${']'.repeat(34)}`)],
}

describe.each(Object.keys(signalTable) as SignalType[])('%s', (type) => {
  const { sender, fields } = signalTable[type]
  const other = sender === 'client' ? 'server' : 'client'
  const message = { type, ...messages[type] }
  const decode = (said: unknown, by = sender) => decodeSignal(JSON.stringify(said), by as 'client')

  test('comes back as it was, and nothing else with it', () => {
    expect(decodeSignal(encodeSignal(message as never), sender as 'client')).toEqual(message)
    expect(decode({ ...message, extra: 1, __proto__: { x: 1 } })).toEqual(message)
  })

  test('is refused from the other side', () => {
    expect(() => decode(message, other)).toThrow(expect.objectContaining({ code: 'ERR_SIGNAL' }))
  })

  test('is refused with any of its fields wrong', () => {
    for (const field of fields)
      for (const value of wrong[field] as unknown[])
        expect(() => decode({ ...message, [field]: value }), `${field}: ${value}`).toThrow(
          expect.objectContaining({ code: 'ERR_SIGNAL' }),
        )
  })
})

test('anything at all is a message or ERR_SIGNAL, and a message is only what is in the table', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.oneof(fc.constantFrom(...Object.keys(signalTable)), fc.string()) })
      .chain(({ type }) =>
        fc.dictionary(fc.string(), fc.jsonValue()).map((more) => JSON.stringify({ ...more, type })),
      ),
  )
  fc.assert(
    fc.property(anything, fc.constantFrom('client', 'server'), (text, sender) => {
      try {
        const message = decodeSignal(text, sender as 'client')
        const rule = signalTable[message.type]
        expect(rule.sender).toBe(sender)
        expect(['type', ...rule.fields]).toEqual(Object.keys(message))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_SIGNAL' })
      }
    }),
    { numRuns: 2_000 },
  )
})

describe('docs/SIGNALLING.md', () => {
  const page = readFileSync(new URL('../../docs/SIGNALLING.md', import.meta.url), 'utf8')
  const section = (heading: string) => page.split(`\n${heading}\n`)[1]?.split(/^#{2,3} /m)[0] ?? ''
  const all = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map((match) => match[1] as string)

  test('has each message of the code in its order, with its sender and fields', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (client|server) \| ([^|]*) \|/gm)]
    expect(rows.map(([, type, sender, fields]) => [type, sender, all(fields as string, /`(\w+)`/g)])).toEqual(
      Object.entries(signalTable).map(([type, { sender, fields }]) => [type, sender, [...fields]]),
    )
  })

  test('has examples that are messages, one of each at least', () => {
    const examples = [...page.matchAll(/^([CS]): (\{.*\})$/gm)]
    const types = examples.map(([, side, text]) => {
      const message = decodeSignal(text as string, (side === 'C' ? 'client' : 'server') as 'client')
      expect(encodeSignal(message)).toBe(text)
      return message.type
    })
    expect(new Set(types)).toEqual(new Set(Object.keys(signalTable)))
  })

  test('has the limits, codes and close codes of the code', () => {
    const numbers = [...section('## Limits').matchAll(/^\| `([\w.]+)` \| ([\d,]+) \|/gm)]
    expect(numbers.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))])).toEqual([
      ...Object.entries(signalLimits),
      ['sent', clientLimits.sent],
      ['taken', clientLimits.taken],
    ])
    expect(all(section('## Codes'), /^\| `(ERR_\w+)` \|/gm)).toEqual([...signalCodes])
    const closes = [...section('## Close codes').matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code))
    expect(closes).toEqual([1000, ...Object.values(closeCodes)])
    for (const code of all(page, /\b(ERR_\w+)/g)) expect(Object.keys(errorCodes)).toContain(code)
  })
})
