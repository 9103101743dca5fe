import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { transportError } from '../../src/session/transport-error.ts'
import { encryptionKey, openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { nodePair } from '../helpers/transport-kinds.ts'

const badArgument = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })

test('handlers of an extension that are no object: ERR_BAD_ARGUMENT, and the name stays free', () => {
  const session = replic8(encryptionKey)
  for (const handlers of [null, 5, 'json', () => {}])
    expect(() => session.registerExtension('q', handlers as never)).toThrow(badArgument)
  session.registerExtension('q')
  session.destroy()
})

test('a web stream that somebody has locked: ERR_BAD_ARGUMENT, and nothing is locked by it', async () => {
  const session = replic8(encryptionKey)
  for (const side of ['readable', 'writable'] as const) {
    const pair = { readable: new ReadableStream(), writable: new WritableStream() }
    const other = side === 'readable' ? 'writable' : 'readable'
    if (side === 'readable') pair.readable.getReader()
    else pair.writable.getWriter()
    expect(() => session.pipe(pair)).toThrow(badArgument)
    expect(pair[other].locked).toBe(false)
  }
  // It still takes another stream.
  const [peer] = sessions({ live: false })
  session.pipe(peer.stream)
  await Promise.all([session.opened, peer.opened])
  session.end()
  expect(await outcomes(session, peer)).toEqual(['clean', 'clean'])
})

test('a connection that is reset just stopped: ERR_TRUNCATED, with the cause', async () => {
  for (const code of ['ECONNRESET', 'EPIPE']) {
    const cause = Object.assign(new Error(`write ${code}`), { code })
    expect(transportError(cause)).toMatchObject({ code: 'ERR_TRUNCATED', cause })
    const [near, far] = nodePair()
    const [a, b] = sessions({ live: true }, { live: true })
    a.pipe(near)
    b.pipe(far)
    await Promise.all([a.opened, b.opened])
    near.destroy(cause)
    await expect(a.closed).rejects.toMatchObject({ code: 'ERR_TRUNCATED', cause })
    b.destroy()
  }
})

test('a transport that fails in another way: ERR_STREAM', async () => {
  const cause = Object.assign(new Error('No route.'), { code: 'EHOSTUNREACH' })
  const [a] = await openSessions({ live: true }, { live: true })
  a.stream.destroy(cause)
  await expect(a.closed).rejects.toMatchObject({ code: 'ERR_STREAM', cause })
})
