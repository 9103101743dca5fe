import Protocol from 'hypercore-protocol'
import { describe, expect, test } from 'vitest'
import { defaults, type SessionOptions } from '../../src/session/options.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { encryptionKey, openSessions, outcome, outcomes, sessions } from '../helpers/sessions.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is wrong has no type.
type Any = any

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('the encryption key', () => {
  const hex = '0123456789abcdef'.repeat(4)
  const good: Record<string, Any> = {
    'a Buffer': Buffer.alloc(32, 1),
    'a Uint8Array': new Uint8Array(32).fill(1),
    '64 hex digits': hex,
    '64 hex digits in capitals': hex.toUpperCase(),
    'a view into a larger buffer': new Uint8Array(100).subarray(3, 35),
  }
  for (const [name, key] of Object.entries(good)) {
    test(`may be ${name}`, () => {
      expect(() => replic8(key)).not.toThrow()
    })
  }

  const bad: Record<string, Any> = {
    nothing: undefined,
    null: null,
    '31 bytes': Buffer.alloc(31),
    '33 bytes': Buffer.alloc(33),
    'no bytes': Buffer.alloc(0),
    '63 hex digits': hex.slice(1),
    '64 characters that are no hex digits': 'g'.repeat(64),
    'hex digits with a space': `${hex.slice(1)} `,
    'an empty text': '',
    'a number': 7,
    'an array of numbers': new Array(32).fill(1),
    '32 numbers of 16 bits': new Uint16Array(32),
    'an object': {},
  }
  for (const [name, key] of Object.entries(bad)) {
    test(`may not be ${name}: ERR_BAD_KEY at once`, () => {
      expect(() => replic8(key)).toThrow(refused('ERR_BAD_KEY', /32 bytes or 64 hex digits/))
    })
  }

  test('is copied: changing it afterwards changes nothing', async () => {
    const key = Buffer.from(encryptionKey)
    const a = replic8(key)
    key.fill(0)
    const b = replic8(encryptionKey.toString('hex'))
    a.pipe(b.stream)
    await Promise.all([a.opened, b.opened])
    a.destroy()
  })
})

describe('options that cannot work: ERR_BAD_OPTION, naming the option', () => {
  const wrong: [string, Any][] = [
    ['noise', { noise: false }],
    ['encrypted', { encrypted: false }],
    ['initiator', { initiator: 'yes' }],
    ['initiator', { initiator: null }],
    ['live', { live: 1 }],
    ['onauthenticate', { onauthenticate: true }],
    ['keyPair', { keyPair: {} }],
    ['keyPair', { keyPair: { publicKey: Buffer.alloc(32) } }],
    ['keyPair', { keyPair: { publicKey: 'x'.repeat(32), secretKey: 'x'.repeat(32) } }],
    ['limits', { limits: 5 }],
    ['limits', { limits: [] }],
    ['limits.unknown', { limits: { unknown: 1 } }],
    ['limits.constructor', { limits: { constructor: 1 } }],
    ['extensions', { extensions: 'chat' }],
    ['timeout', { timeout: -1 }],
    ['timeout', { timeout: 2 ** 31 }],
    ['timeout', { timeout: true }],
    ['handshakeTimeout', { handshakeTimeout: 0 }],
    ['handshakeTimeout', { limits: { handshakeTimeout: 0 } }],
    ['acceptTimeout', { acceptTimeout: Number.NaN }],
    ['acceptTimeout', { limits: { acceptTimeout: '1' } }],
  ]
  for (const name of Object.keys(defaults.limits)) {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', null])
      wrong.push([`limits.${name}`, { limits: { [name]: value } }])
  }
  for (const [name, options] of wrong) {
    test(`${name}: ${JSON.stringify(options)}`, () => {
      const message = new RegExp(`\\b${name.replace('.', '\\.')}\\b`)
      expect(() => replic8(encryptionKey, options)).toThrow(refused('ERR_BAD_OPTION', message))
    })
  }

  test('no object at all', () => {
    for (const options of [null, 5, 'live'] as Any[])
      expect(() => replic8(encryptionKey, options)).toThrow(refused('ERR_BAD_OPTION', /options/))
  })

  test('userData that is no JSON', () => {
    for (const userData of [() => {}, 10n, new Map(), 'x'.repeat(70_000)] as Any[])
      expect(() => replic8(encryptionKey, { userData })).toThrow()
  })
})

test('every limit can be set, and what is left out has its default', async () => {
  for (const name of Object.keys(defaults.limits)) {
    const limits = { [name]: defaults.limits[name as keyof typeof defaults.limits] }
    expect(() => replic8(encryptionKey, { limits })).not.toThrow()
  }
  expect(() =>
    replic8(encryptionKey, { noise: true, encrypted: true, live: false, timeout: 0, limits: {} }),
  ).not.toThrow()
  const [a, b] = await openSessions({ limits: {} }, { limits: { feedsPerPage: 10 ** 6, pageBytes: 1 } })
  a.end()
  expect(await outcome(b)).toBe('clean')
})

describe('static Noise keys', () => {
  test('are random when they are left out, and each end knows both', async () => {
    const [a, b] = await openSessions({ live: true }, { live: true })
    expect(a.publicKey).toHaveLength(32)
    expect(a.publicKey).not.toEqual(b.publicKey)
    expect(a.remotePublicKey).toEqual(b.publicKey)
    expect(b.remotePublicKey).toEqual(a.publicKey)
    a.destroy()
  })

  test('keyPair sets them', async () => {
    const keyPair = Protocol.keyPair()
    const [a, b] = await openSessions({ keyPair }, {})
    expect(a.publicKey).toEqual(keyPair.publicKey)
    expect(b.remotePublicKey).toEqual(keyPair.publicKey)
    a.destroy()
  })

  test('are not known before the handshake', () => {
    expect(replic8(encryptionKey).remotePublicKey).toBe(null)
  })
})

describe('onauthenticate', () => {
  const later = () => new Promise((resolve) => setImmediate(resolve))
  const accepting: Record<string, SessionOptions['onauthenticate']> = {
    'at once': (_key, done) => done(),
    'with null': (_key, done) => done(null),
    later: (_key, done) => void later().then(() => done()),
    twice: (_key, done) => {
      done()
      done(new Error('I changed my mind.'))
    },
  }
  for (const [name, onauthenticate] of Object.entries(accepting)) {
    for (const side of ['initiator', 'responder'] as const) {
      test(`lets a peer in ${name}, at the ${side}`, async () => {
        const options = {
          initiator: side === 'initiator',
          live: true,
          ...(onauthenticate ? { onauthenticate } : {}),
        }
        const [a, b] = await openSessions(options, { live: true })
        a.end()
        expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
      })
    }
  }

  const refusing: Record<string, (done: (error?: Error) => void) => unknown> = {
    'by an error': (done) => done(new Error('Not you.')),
    'by throwing': () => {
      throw new Error('Not you.')
    },
    'by rejecting': async () => {
      await later()
      throw new Error('Not you.')
    },
    'by an error, later': (done) => void later().then(() => done(new Error('Not you.'))),
  }
  for (const [name, refuse] of Object.entries(refusing)) {
    for (const side of ['initiator', 'responder'] as const) {
      test(`refuses a peer ${name}, at the ${side}: a code at both ends`, async () => {
        const keys: Buffer[] = []
        const onauthenticate = ((key, done) => {
          keys.push(key)
          return refuse(done)
        }) as NonNullable<SessionOptions['onauthenticate']>
        const [a, b] = sessions({ initiator: side === 'initiator', onauthenticate }, {})
        a.pipe(b.stream)
        expect(await outcomes(a, b)).toEqual(['ERR_HANDSHAKE', 'ERR_TRUNCATED'])
        await expect(a.closed).rejects.toMatchObject({ message: expect.stringContaining('Not you.') })
        expect(keys).toEqual([b.publicKey])
      })
    }
  }

  test('that never answers: ERR_HANDSHAKE_TIMEOUT, and an answer after that has no effect', async () => {
    for (const initiator of [true, false]) {
      let answer: ((error?: Error) => void) | undefined
      const [a, b] = sessions(
        {
          initiator,
          handshakeTimeout: 100,
          onauthenticate: (_key, done) => {
            answer = done
          },
        },
        {},
      )
      a.pipe(b.stream)
      expect(await outcomes(a, b)).toEqual(['ERR_HANDSHAKE_TIMEOUT', 'ERR_TRUNCATED'])
      answer?.()
      answer?.(new Error('Not you.'))
    }
  })
})

test('userData is shown to the other end, as JSON', async () => {
  for (const userData of [null, 'Ada', 5, [1, { a: null }], { name: 'Ada', tags: ['é', '🌱'] }] as Any[]) {
    const [a, b] = await openSessions({ userData }, {})
    expect(a.userData).toEqual(userData)
    expect(b.remoteUserData).toEqual(userData)
    expect(a.remoteUserData).toBe(null)
    a.destroy()
  }
})
