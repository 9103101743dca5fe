import { expect, test } from 'vitest'
import type { CoreStore } from '../../src/replicator/core-store.ts'
import { noiseKeyPair } from '../../src/session/engine.ts'
import { reader, writer } from '../helpers/cores.ts'
import { hex, until } from '../helpers/sharing.ts'
import { arrived, connect, connected, heardBy, replicator, sharing, taking, withdrawnFrom } from './peers.ts'

test('a store that is mounted while peers are connected gives them what is new, and nothing else', async () => {
  const [old, shared, added] = [await writer(1), await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(old, shared))
  b.use(taking())
  connect(a, b)
  await b.synced()
  const heard = heardBy(b)
  const mounted = a.use(sharing(shared, added))
  await until(() => heard.keys.length > 0)
  await a.synced()
  expect(heard.keys).toEqual([hex(added)])
  const withdrawn = withdrawnFrom(b)
  mounted.unmount()
  mounted.unmount()
  await until(() => withdrawn.length > 0)
  await Promise.all([a.synced(), b.synced()])
  expect(withdrawn).toEqual([hex(added)])
  expect(heard.keys).toEqual([hex(added)])
})

test('a store that holds back takes offers back when it is mounted, and gives them when it goes', async () => {
  const [open, secret] = [await writer(1), await writer(2)]
  const [a, b] = [replicator(), replicator()]
  const copies = taking()
  a.use(sharing(open, secret))
  b.use(copies)
  connect(a, b)
  await b.synced()
  const [heard, withdrawn] = [heardBy(b), withdrawnFrom(b)]
  const mounted = a.use({ hold: async ({ key }) => key.equals(secret.key) })
  await until(() => withdrawn.length > 0)
  await a.synced()
  expect(withdrawn).toEqual([hex(secret)])
  mounted.unmount()
  await until(() => heard.keys.length > 0)
  await Promise.all([a.synced(), b.synced()])
  expect(heard.keys).toEqual([hex(secret)])
  expect(withdrawn).toHaveLength(1)
  expect(b.why(secret.key).code).toBe('synced')
})

test('what was rejected is taken when the store that rejected it goes', async () => {
  const [wanted, unwanted] = [await writer(1), await writer(2)]
  const [a, b] = [replicator(), replicator()]
  const copies = taking()
  a.use(sharing(wanted, unwanted))
  const mounted = b.prepend({ reject: ({ key }) => key.equals(unwanted.key) })
  b.use(copies)
  connect(a, b)
  await b.synced()
  expect(b.why(unwanted.key).code).toBe('declined')
  const heard = heardBy(b)
  mounted.unmount()
  await arrived(copies.copies, unwanted, 2)
  expect(heard.keys).toEqual([hex(unwanted)])
})

test('what nobody took is taken when a store comes that takes it', async () => {
  const core = await writer(2)
  const [a, b] = [replicator(), replicator()]
  a.use('x', sharing(core))
  connect(a, b)
  await b.synced()
  expect(b.cores).toEqual([])
  const [elsewhere, here] = [taking(), taking()]
  b.use('y', elsewhere)
  b.use('x', here)
  await arrived(here.copies, core, 2)
  expect(elsewhere.copies.size).toBe(0)
})

test('a store that describes gives a new header to what is offered already', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  const headers: object[] = []
  b.use(taking())
  b.on('update', ({ header }) => headers.push({ ...header }))
  a.use(sharing(core))
  connect(a, b)
  await b.synced()
  const mounted = a.use({ describe: () => ({ title: 'late' }) })
  await until(() => headers.length === 1)
  mounted.unmount()
  await until(() => headers.length === 2)
  expect(headers).toEqual([{ title: 'late' }, {}])
})

test('a store that is taken out before it has answered shares nothing', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  await connected(a, b)
  const heard = heardBy(b)
  let answer = (_cores: unknown[]) => {}
  let isAsked = false
  const mounted = a.use({
    share: () => {
      isAsked = true
      return new Promise<never[]>((resolve) => {
        answer = resolve as typeof answer
      })
    },
  })
  await until(() => isAsked)
  mounted.unmount()
  answer([core])
  await Promise.all([a.synced(), b.synced()])
  expect(heard.keys).toEqual([])
  expect(a.cores).toEqual([])
})

test('a feed that is taken out while it is being described is not offered', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  await connected(a, b)
  const heard = heardBy(b)
  let go = (_header: object) => {}
  let isAsked = false
  a.use({
    describe: () => {
      isAsked = true
      return new Promise<never>((resolve) => {
        go = resolve as typeof go
      })
    },
  })
  const mounted = a.use(sharing(core))
  await until(() => isAsked)
  mounted.unmount()
  go({})
  await Promise.all([a.synced(), b.synced()])
  expect(heard.keys).toEqual([])
})

test('a store is told where it is mounted, announces what is new, and is closed once', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  const told: string[] = []
  let announce = (_core: unknown) => {}
  const store: CoreStore = {
    mounted(host, namespace) {
      told.push(`mounted ${namespace}`)
      announce = (one) => host.announce(namespace, one as never)
    },
    close: async () => void told.push('closed'),
  }
  const first = a.use('x', store)
  a.use('y', store)
  await connected(a, b)
  const [heard, withdrawn] = [heardBy(b), withdrawnFrom(b)]
  announce(core)
  await until(() => heard.feeds.length > 0)
  expect(heard.feeds[0]?.namespace).toBe('y')
  first.unmount()
  await a.synced()
  expect(withdrawn).toEqual([])
  await a.close()
  expect(told).toEqual(['mounted x', 'mounted y', 'closed'])
})

test('what a store announced goes with it', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  const mounted = a.use({ mounted: (host) => host.announce(null, core) })
  connect(a, b)
  const [heard, withdrawn] = [heardBy(b), withdrawnFrom(b)]
  await until(() => heard.keys.length > 0)
  mounted.unmount()
  await until(() => withdrawn.length > 0)
  expect(withdrawn).toEqual([hex(core)])
})

test('a replicator keeps the key pair of the first store that has one', async () => {
  const pair = noiseKeyPair()
  const [a, b] = [replicator(), replicator()]
  const [atA] = connect(a, b)
  // Mounted in the same breath.
  a.use({ share: () => [] })
  a.use({ keyPair: async () => pair })
  a.use({ keyPair: () => noiseKeyPair() })
  await atA.opened
  expect(atA.publicKey).toEqual(pair.publicKey)
  await until(() => b.sessions.length === 1)
  expect(b.sessions[0]?.remotePublicKey).toEqual(pair.publicKey)
})

test('a closed core is opened anew by its store', async () => {
  const core = await writer(2)
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(core))
  const opened: ReturnType<typeof reader>[] = []
  b.use({
    store: ({ key }) => {
      opened.push(reader(key))
      return opened.at(-1)
    },
  })
  const [atA] = connect(a, b)
  await b.synced()
  atA.end()
  await atA.closed
  await new Promise((resolve) => opened[0].close(resolve))
  expect(b.get(core.key)).toBeUndefined()
  connect(a, b)
  await b.synced()
  expect(opened).toHaveLength(2)
  expect(b.get(core.key)).toBe(opened[1])
})
