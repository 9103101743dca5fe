import { expect, test } from 'vitest'
import { reader, writer } from '../helpers/cores.ts'
import { hex } from '../helpers/sharing.ts'
import { connect, replicator, sharing, taking } from './peers.ts'

test('why tells where a feed stands with one peer, and with the one it stands best with', async () => {
  const core = await writer(2)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  expect(a.why(core.key)).toMatchObject({ code: 'not-connected', key: core.key, namespace: null })
  a.use(sharing(core))
  b.use(taking())
  c.use({ reject: () => true, store: ({ key }) => reader(key) })
  const [toB] = connect(a, b)
  const [toC] = connect(a, c)
  await Promise.all([a.synced(), b.synced(), c.synced()])
  expect(a.why(core.key)).toMatchObject({ code: 'synced', have: 2, want: 2 })
  expect(a.why(hex(core), toB).code).toBe('synced')
  expect(a.why(core.key, toC).code).toBe('declined')
  expect(toC.remotePublicKey && a.why(core.key, toC.remotePublicKey).code).toBe('declined')
  expect(a.why(core.key, Buffer.alloc(32)).code).toBe('not-connected')
  expect(a.why(Buffer.alloc(32)).code).toBe('not-offered')
  toB.end()
  await toB.closed
  expect(a.why(core.key).code).toBe('declined')
})
