import { expect, test } from 'vitest'
import { Outbox } from '../../src/session/outbox.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'
import { HostilePeer, hello } from '../helpers/hostile-peer.ts'
import { encryptionKey, outcome } from '../helpers/sessions.ts'

const most = 65_536
const ping = (token: number): ControlMessage => ({ type: 'ping', token })
const pong = (token: number): ControlMessage => ({ type: 'pong', token })

/** An outbox to a peer that has just taken all that it takes for now. */
function blocked() {
  const errors: string[] = []
  const outbox = new Outbox(
    () => {},
    ({ code }) => errors.push(code),
  )
  outbox.limit(1)
  outbox.send(ping(0))
  return { outbox, errors }
}

test('one pong waits at most', () => {
  const { outbox, errors } = blocked()
  for (let n = 0; n < 100_000; n++) outbox.send(pong(n))
  expect(outbox.length).toBe(1)
  expect(errors).toEqual([])
  outbox.stop()
})

test('the pong that waited carries the last token, in its old place; a later one is a pong of its own', () => {
  const sent: ControlMessage[] = []
  // What is sent while another is delivered waits.
  const then: Record<number, ControlMessage[]> = { 0: [pong(1), ping(7), pong(2)], 7: [pong(3)] }
  const outbox: Outbox = new Outbox((message) => {
    sent.push(message)
    const more = message.type === 'ping' ? then[message.token] : undefined
    for (const next of more ?? []) outbox.send(next)
  })
  outbox.send(ping(0))
  expect(sent).toEqual([ping(0), pong(2), ping(7), pong(3)])
})

test('a queue that is full takes nothing more: ERR_TOO_MUCH_QUEUED', () => {
  const { outbox, errors } = blocked()
  for (let n = 0; n < most; n++) outbox.send(ping(n))
  expect(errors).toEqual([])
  outbox.send(ping(most))
  expect(errors).toEqual(['ERR_TOO_MUCH_QUEUED'])
  expect(outbox.length).toBe(most)
  outbox.stop()
})

test('an outbox without a handler throws when it is full', () => {
  const outbox = new Outbox(() => {})
  outbox.limit(1)
  for (let n = 0; n <= most; n++) outbox.send(ping(n))
  expect(() => outbox.send(ping(0))).toThrow(expect.objectContaining({ code: 'ERR_TOO_MUCH_QUEUED' }))
  outbox.stop()
})

test('a session whose peer takes too little ends with ERR_TOO_MUCH_QUEUED, and the peer is told', async () => {
  const session = replic8(encryptionKey, { initiator: false, live: true })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(peer.stream)
  await peer.greet({ ...hello, limits: { ...hello.limits, controlPerSecond: 0 } })
  await session.opened
  const extension = session.registerExtension('app')
  for (let n = 0; n < most + 2; n++) extension.send(Buffer.alloc(1))
  expect((await peer.heard('bye')).code).toBe('ERR_TOO_MUCH_QUEUED')
  expect(await outcome(session)).toBe('ERR_TOO_MUCH_QUEUED')
})
