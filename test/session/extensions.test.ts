import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Encoding } from '../../src/session/extensions.ts'
import type { Session } from '../../src/session/session.ts'
import { openSessions, outcome, outcomes, sessions, turn, uncaughtErrors } from '../helpers/sessions.ts'

// biome-ignore lint/suspicious/noExplicitAny: messages of every type.
type Any = any

let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(() => {
  uncaught = uncaughtErrors()
})

afterEach(async () => {
  await turn()
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

const live = { live: true }

/** Registers an extension at both ends; `got` is what b hears. */
function joined<T = Buffer>(a: Session, b: Session, encoding?: Encoding<T>) {
  const got: T[] = []
  let waiting: [number, () => void] | undefined
  const handlers = encoding === undefined ? {} : { encoding }
  const far = b.registerExtension<T>('app', {
    ...handlers,
    onmessage: (message) => {
      got.push(message)
      if (waiting && got.length === waiting[0]) waiting[1]()
    },
  })
  const near = a.registerExtension<T>('app', handlers)
  const heard = (count: number) =>
    new Promise<void>((resolve) => {
      waiting = [count, resolve]
      if (got.length >= count) resolve()
    })
  return { near, far, got, heard }
}

class Doubler {
  readonly factor = 2
  encode(message: number) {
    return Buffer.from([message * this.factor])
  }
  decode(bytes: Buffer) {
    return (bytes[0] as number) / this.factor
  }
}

describe('messages arrive in the encoding of the extension', () => {
  const table: [string, Encoding<Any> | undefined, Any[]][] = [
    ['bytes by default', undefined, [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(100_000, 7)]],
    ['binary', 'binary', [Buffer.from([0, 255])]],
    ['json', 'json', [{ a: [1, null, 'é'] }, 'text', 0, null, false]],
    ['utf-8', 'utf-8', ['', 'é🌱', 'x'.repeat(100_000)]],
    ['a codec of its own', new Doubler(), [1, 2, 50]],
  ]
  for (const [name, encoding, messages] of table) {
    test(name, async () => {
      const [a, b] = await openSessions(live, live)
      const { near, got, heard } = joined<Any>(a, b, encoding)
      for (const message of messages) near.send(message)
      await heard(messages.length)
      expect(got).toEqual(messages)
      a.destroy()
    })
  }
})

test('messages sent before the session is open arrive after it, in order', async () => {
  const [a, b] = sessions(live, live)
  const { near, got, heard } = joined<number>(a, b, 'json')
  let open = false
  b.on('open', () => {
    open = true
    expect(got).toEqual([])
  })
  for (let n = 0; n < 10; n++) near.send(n)
  a.pipe(b.stream)
  await heard(10)
  expect(open).toBe(true)
  expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  a.destroy()
})

test('the handler gets the session that the message came from', async () => {
  const [a, b] = await openSessions(live, live)
  const from = new Promise((resolve) =>
    b.registerExtension('app', { onmessage: (_message, session) => resolve(session) }),
  )
  a.registerExtension('app').send(Buffer.from('hello'))
  expect(await from).toBe(b)
  a.destroy()
})

test('extensions can be given as an option', async () => {
  const got: unknown[] = []
  const done = new Promise<void>((resolve) => {
    const onmessage = (message: unknown) => {
      got.push(message)
      resolve()
    }
    void openSessions(live, { live: true, extensions: { app: { encoding: 'json', onmessage } } }).then(
      ([a]) => a.registerExtension('app', { encoding: 'json' }).send({ hello: 1 } as Any),
    )
  })
  await done
  expect(got).toEqual([{ hello: 1 }])
})

test('a name that the other end does not know is ignored, also one of every object', async () => {
  const [a, b] = await openSessions(live, live)
  for (const name of ['unknown', '__proto__', 'constructor', 'toString'])
    a.registerExtension(name).send(Buffer.from('hello'))
  const { near, heard } = joined(a, b)
  near.send(Buffer.from('known'))
  await heard(1)
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('a destroyed extension hears nothing more, and its name is free', async () => {
  const [a, b] = await openSessions(live, live)
  const { near, far, got } = joined<string>(a, b, 'utf-8')
  far.destroy()
  near.send('lost')
  const again: string[] = []
  const heard = new Promise<void>((resolve) =>
    b.registerExtension<string>('app', {
      encoding: 'utf-8',
      onmessage: (message) => {
        again.push(message)
        if (message === 'heard') resolve()
      },
    }),
  )
  far.destroy()
  near.send('heard')
  await heard
  expect(got).toEqual([])
  expect(again).toContain('heard')
  a.destroy()
})

describe('what goes wrong in the application is a problem, and costs nothing else', () => {
  const broken: Record<string, Any> = {
    'a handler that throws': {
      onmessage: () => {
        throw new Error('Oh.')
      },
    },
    'a handler that rejects': { onmessage: () => Promise.reject(new Error('Oh.')) },
    'a handler that throws nothing': {
      onmessage: () => {
        throw undefined
      },
    },
    'a decoder that throws': {
      encoding: {
        encode: (message: Buffer) => message,
        decode: () => {
          throw new Error('Oh.')
        },
      },
      onmessage: () => {},
    },
    'a message that is no JSON': { encoding: 'json', onmessage: () => {} },
  }
  for (const [name, handlers] of Object.entries(broken)) {
    test(name, async () => {
      const [a, b] = await openSessions(live, live)
      const problem = new Promise((resolve) => b.on('problem', resolve))
      b.registerExtension('broken', handlers)
      a.registerExtension('broken').send(Buffer.from('{no json'))
      expect(await problem).toMatchObject({ code: 'ERR_HANDLER_FAILED' })
      const { near, heard } = joined(a, b)
      near.send(Buffer.from('still here'))
      await heard(1)
      a.end()
      expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    })
  }
})

describe('ERR_BAD_ARGUMENT', () => {
  const bad = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })

  test('for a name that is taken, empty, too long or no text', () => {
    const [a] = sessions()
    a.registerExtension('taken')
    for (const name of ['taken', '', 'x'.repeat(129), 'é'.repeat(65), 5, null, undefined] as Any[])
      expect(() => a.registerExtension(name)).toThrow(bad)
    expect(() => a.registerExtension('x'.repeat(128))).not.toThrow()
  })

  test('for an unknown encoding', () => {
    const [a] = sessions()
    for (const encoding of ['utf-16', 'constructor', null, {}, { encode: () => {} }, 5] as Any[])
      expect(() => a.registerExtension('app', { encoding })).toThrow(bad)
    expect(() => a.registerExtension('app', { encoding: 'json' })).not.toThrow()
  })

  test('for a message that can not be encoded', async () => {
    const [a, b] = await openSessions(live, live)
    const loop: Any = {}
    loop.loop = loop
    for (const message of [undefined, () => {}, loop, 10n])
      expect(() =>
        a.registerExtension<Any>(`json ${typeof message}`, { encoding: 'json' }).send(message),
      ).toThrow(bad)
    expect(() => a.registerExtension<Any>('bytes').send(5)).toThrow(bad)
    a.end()
    expect(await outcome(b)).toBe('clean')
  })

  test('for a message over messageBytes; one of just that size passes', async () => {
    const [a, b] = await openSessions(live, live)
    const { near, got, heard } = joined(a, b)
    expect(() => near.send(Buffer.alloc(2 ** 20 + 1))).toThrow(bad)
    near.send(Buffer.alloc(2 ** 20, 3))
    await heard(1)
    expect(got[0]).toHaveLength(2 ** 20)
    a.destroy()
  })
})

test('a message over the messageBytes of the other end: ERR_PROTOCOL there, and this end is told', async () => {
  const [a, b] = await openSessions(live, { live: true, limits: { messageBytes: 100 } })
  const { near, got } = joined(a, b)
  near.send(Buffer.alloc(101))
  expect(await outcome(b)).toBe('ERR_PROTOCOL')
  await expect(a.closed).rejects.toMatchObject({ code: 'ERR_PEER_REFUSED', reason: { code: 'ERR_PROTOCOL' } })
  expect(got).toEqual([])
})

test('the largest message that can be allowed passes', async () => {
  const messageBytes = 8 * 1024 * 1024 - 4096
  const [a, b] = await openSessions(
    { live: true, limits: { messageBytes } },
    { live: true, limits: { messageBytes } },
  )
  const { near, got, heard } = joined(a, b)
  near.send(Buffer.alloc(messageBytes, 9))
  await heard(1)
  expect(got[0]?.equals(Buffer.alloc(messageBytes, 9))).toBe(true)
  a.end()
  expect(await outcome(b)).toBe('clean')
})

test('a message after the end is dropped, without an error', async () => {
  const [a, b] = await openSessions(live, live)
  const { near } = joined(a, b)
  a.end()
  near.send(Buffer.from('too late'))
  await outcomes(a, b)
  near.send(Buffer.from('much too late'))
})
