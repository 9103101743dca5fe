import Protocol from 'hypercore-protocol'
import { describe, expect, test } from 'vitest'
import type { SessionOptions } from '../../src/session/options.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { controllableWire, type Direction } from '../helpers/controllable-wire.ts'
import { encryptionKey, outcome, outcomes, sessions } from '../helpers/sessions.ts'

const roles = [undefined, true, false]
/** Short enough that two ends which both wait find out soon. */
const handshakeTimeout = 400

function options(initiator: boolean | undefined): SessionOptions {
  return initiator === undefined ? { handshakeTimeout } : { handshakeTimeout, initiator }
}

describe('the two ends settle who begins', () => {
  for (const left of roles) {
    for (const right of roles) {
      const conflict = left !== undefined && left === right
      const title = `initiator ${left ?? 'left out'} and ${right ?? 'left out'}`
      test(`${title}: ${conflict ? 'a conflict at both ends' : 'connected'}`, async () => {
        const [a, b] = sessions(options(left), options(right))
        a.pipe(b.stream)
        if (conflict) {
          expect(await outcomes(a, b)).toEqual(['ERR_ROLE_CONFLICT', 'ERR_ROLE_CONFLICT'])
          return
        }
        await Promise.all([a.opened, b.opened])
        expect(a.remotePublicKey).toEqual(b.publicKey)
        a.end()
        expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
      })

      if (!conflict)
        test(`${title}: connected, one byte at a time`, async () => {
          const wire = controllableWire()
          const single = (chunk: Uint8Array) => Array.from(chunk, (byte) => Uint8Array.of(byte))
          wire.tap('a→b', single)
          wire.tap('b→a', single)
          const [a, b] = sessions(options(left), options(right))
          a.pipe(wire.a)
          b.pipe(wire.b)
          await Promise.all([a.opened, b.opened])
          b.end()
          expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
        })
    }
  }

  test('left out at both ends: either may become the initiator', async () => {
    const first = new Set<boolean>()
    while (first.size < 2) {
      const wire = controllableWire()
      const frames = recordFrames(wire, 'a→b')
      const [a, b] = sessions()
      a.pipe(wire.a)
      b.pipe(wire.b)
      await Promise.all([a.opened, b.opened])
      first.add(frames()[21] === 58)
      a.end()
      await outcomes(a, b)
    }
  })
})

test('opposite roles cost no byte more than hypercore-protocol takes by itself', async () => {
  const byHand = controllableWire()
  const expected = [handshakeOf(byHand, 'a→b', 2), handshakeOf(byHand, 'b→a', 1)]
  await new Promise<void>((resolve) => {
    const one = new Protocol(true, { timeout: 0, onhandshake: resolve })
    const other = new Protocol(false, { timeout: 0 })
    one.pipe(byHand.a).pipe(one)
    other.pipe(byHand.b).pipe(other)
  })

  const wire = controllableWire()
  const seen = [handshakeOf(wire, 'a→b', 2), handshakeOf(wire, 'b→a', 1)]
  const [a, b] = sessions({ initiator: true }, { initiator: false })
  a.pipe(wire.a)
  b.pipe(wire.b)
  await Promise.all([a.opened, b.opened])
  expect(seen.map((lengths) => lengths())).toEqual(expected.map((lengths) => lengths()))
  a.end()
  await outcomes(a, b)
})

describe('a connection that leads back to its own end is refused', () => {
  for (const initiator of roles) {
    test(`initiator ${initiator ?? 'left out'}`, async () => {
      const session = replic8(encryptionKey, options(initiator))
      session.stream.pipe(session.stream)
      expect(await outcome(session)).toBe('ERR_HANDSHAKE')
    })
  }
})

function recordFrames(wire: ReturnType<typeof controllableWire>, direction: Direction): () => Buffer {
  const chunks: Buffer[] = []
  wire.tap(direction, (chunk) => {
    chunks.push(Buffer.from(chunk))
    return [chunk]
  })
  return () => Buffer.concat(chunks)
}

/** The lengths of the first frames of one direction: each is behind its length in one byte. */
function handshakeOf(wire: ReturnType<typeof controllableWire>, direction: Direction, count: number) {
  const all = recordFrames(wire, direction)
  return () => {
    const lengths: number[] = []
    for (let at = 0; lengths.length < count; at += 1 + (lengths.at(-1) as number))
      lengths.push(all()[at] as number)
    return lengths
  }
}
