import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { openSessions, outcomes, sessions, socketPair, turn } from '../helpers/sessions.ts'

test('after clean and failed sessions over TCP no socket and no timer is left', async () => {
  const before = active()
  for (const ending of ['end', 'destroy', 'fail'] as const) {
    const [a, b] = await openSessionsOver(await socketPair())
    if (ending === 'end') a.end()
    else if (ending === 'destroy') a.destroy()
    else a.destroy(new Error('Enough.'))
    await outcomes(a, b)
  }
  const [a, b] = await openSessions({ live: true }, { live: true })
  a.end()
  await outcomes(a, b)
  while (active().length > before.length) await turn()
  expect(active()).toEqual(before)
})

function active(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => ['Timeout', 'TCPSocketWrap', 'TCPServerWrap'].includes(kind))
    .sort()
}

async function openSessionsOver([near, far]: [Duplex, Duplex]): Promise<[Session, Session]> {
  const pair = sessions({ live: true }, { live: true })
  pair[0].pipe(near)
  pair[1].pipe(far)
  await Promise.all(pair.map((session) => session.opened))
  return pair
}
