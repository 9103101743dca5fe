import { expect, test } from 'vitest'
import { writer } from '../helpers/cores.ts'
import { openSessions } from '../helpers/sessions.ts'
import { problemsOf } from '../helpers/sharing.ts'

const live = { live: true }
const bare = Object.create(null)

const refusals: [string, unknown, { code: string; message: string }][] = [
  ['an error without a message', withMessage(undefined), { code: 'ERR_BANNED', message: 'Error' }],
  ['an error whose message is a number', withMessage(5), { code: 'ERR_BANNED', message: '5' }],
  ['an error whose message has no text', withMessage(bare), { code: 'ERR_BANNED', message: 'no reason' }],
  ['an error whose message is a symbol', withMessage(Symbol('no')), { code: 'ERR_BANNED', message: 'no' }],
  ['an object without a prototype', bare, { code: 'ERR_REFUSED', message: 'no reason' }],
  ['an object like an error', { code: 'ERR_X', message: 'No.' }, { code: 'ERR_X', message: 'No.' }],
  ['a number', 5, { code: 'ERR_REFUSED', message: '5' }],
  ['text', 'No room.', { code: 'ERR_REFUSED', message: 'No room.' }],
]

function withMessage(message: unknown): Error {
  return Object.assign(new Error('replaced'), { code: 'ERR_BANNED', message })
}

for (const [name, value, { code, message }] of refusals) {
  test(`accept refuses with ${name}`, async () => {
    const [a, b] = await openSessions(live, live)
    b.on('advertise', (_offer, accept) => accept(value as Error))
    a.share(await writer(1))
    await expect(a.closed).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      reason: { code, message: expect.stringContaining(message) },
    })
    const error = await b.closed.catch((error) => error)
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toEqual(expect.stringContaining(message))
  })
}

test('a handler that throws what has no text declines its page, which is a problem', async () => {
  const [a, b] = await openSessions(live, live)
  const problems = problemsOf(b)
  b.on('advertise', () => {
    throw bare
  })
  expect(await a.share(await writer(1)).accepted).toEqual([])
  expect(problems).toEqual([{ code: 'ERR_ACCEPT_FAILED', namespace: null }])
  a.destroy()
})
