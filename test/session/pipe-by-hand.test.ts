import { finished, pipeline } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { outcome, outcomes, sessions, socketPair, turn, uncaughtErrors } from '../helpers/sessions.ts'
import { expectClosed, listen, type Transport } from '../helpers/transport-kinds.ts'

let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(() => {
  uncaught = uncaughtErrors()
})

afterEach(async () => {
  await turn()
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

describe('piped by hand', () => {
  const byHand = async (): Promise<[Session, Session, Transport, Transport]> => {
    const [a, b] = sessions()
    const [near, far] = await socketPair()
    near.pipe<Transport>(a.stream).pipe(near)
    far.pipe<Transport>(b.stream).pipe(far)
    return [a, b, near, far]
  }

  test('a feed is replicated, and both streams end', async () => {
    const core = await writer(10)
    const [a, b, near, far] = await byHand()
    const copy = reader(core.key)
    a.share([core])
    b.on('advertise', (_offer, accept) => accept(null, [copy]))
    const ends = [listen(a.stream), listen(b.stream)]
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(await Promise.all(ends.map((end) => end.over))).toEqual([[null], [null]])
    expect(await blocks(copy)).toHaveLength(10)
    await Promise.all([expectClosed(near), expectClosed(far)])
  })

  test('a refusal reaches the peer', async () => {
    const core = await writer(1)
    const [a, b] = await byHand()
    a.share([core])
    b.on('advertise', (_offer, accept) => accept(new Error('No.')))
    await expect(a.closed).rejects.toMatchObject({ code: 'ERR_PEER_REFUSED', reason: { message: 'No.' } })
    await expect(b.closed).rejects.toThrow('No.')
  })

  test('destroy() takes the socket along, and nothing is thrown', async () => {
    const [a, b, near] = await byHand()
    await a.opened
    a.destroy()
    expect(await outcome(a)).toBe('clean')
    expect(await outcome(b)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
    await expectClosed(near)
  })

  test('by stream.pipeline, with its error', async () => {
    const [a, b] = sessions({ live: true }, { live: true })
    const [near, far] = await socketPair()
    b.pipe(far)
    const done = new Promise((resolve) => pipeline([near, a.stream as never, near], resolve))
    await a.opened
    const cause = new Error('The cable is gone.')
    near.destroy(cause)
    expect(await done).toBe(cause)
    expect(await outcome(a)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
    expect(await outcome(b)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
  })

  test('by stream.pipeline, to the end', async () => {
    const [a, b] = sessions()
    const [near, far] = await socketPair()
    b.pipe(far)
    const done = new Promise((resolve) => pipeline([near, a.stream as never, near], resolve))
    a.share([await writer(1)])
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(await done).toBe(undefined)
  })
})

describe('stream.finished of what pipe returns', () => {
  test('is told of a good end without an error', async () => {
    const [a, b] = sessions()
    const done = new Promise((resolve) => finished(a.pipe(b.stream) as never, resolve))
    a.share([await writer(1)])
    expect(await done).toBe(undefined)
  })

  test('is told of a bad end with the error', async () => {
    const [a, b] = sessions()
    const done = new Promise((resolve) => finished(a.pipe(b.stream) as never, resolve))
    await a.opened
    b.destroy()
    expect(await done).toMatchObject({ code: 'ERR_TRUNCATED' })
  })
})
