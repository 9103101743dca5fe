import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { openSessions, outcomes, sessions, socketPair, turn } from '../helpers/sessions.ts'

test('after clean and failed sessions over TCP no socket and no timer is left', async () => {
  const before = { Timeout: active('Timeout'), TCPSocketWrap: 0, TCPServerWrap: 0 }
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
  for (const [kind, count] of Object.entries(before)) {
    while (active(kind) > count) await turn()
    expect(active(kind)).toBeLessThanOrEqual(count)
  }
})

function active(kind: string): number {
  return process.getActiveResourcesInfo().filter((each) => each === kind).length
}

async function openSessionsOver([near, far]: [Duplex, Duplex]): Promise<[Session, Session]> {
  const pair = sessions({ live: true }, { live: true })
  pair[0].pipe(near)
  pair[1].pipe(far)
  await Promise.all(pair.map((session) => session.opened))
  return pair
}
