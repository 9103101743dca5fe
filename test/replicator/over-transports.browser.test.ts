import { expect, inject, test } from 'vitest'
import type { Transport } from '../../src/connection.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { idb } from '../../src/storage/idb.ts'
import { broadcastSignal } from '../../src/transports/broadcast-signal.ts'
import { tabs } from '../../src/transports/tabs.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { acceptWebsocket, websocket } from '../../src/transports/websocket.ts'

const key = crypto.getRandomValues(new Uint8Array(32))
let storages = 0

const transports: Record<string, () => Transport> = {
  tabs: () => tabs(),
  webrtc: () => webrtc({ signal: broadcastSignal() }),
}

async function member(name: string) {
  const store = new FeedStore(idb(`over-transports-${storages++}`))
  const feed = await store.writer(name)
  await new Promise((resolve) => feed.append(`hello from ${name}`, resolve))
  const replicator = new Replicator(key)
  replicator.use(store)
  return { name, feed, store, replicator }
}

type Member = Awaited<ReturnType<typeof member>>

/** Resolves when a member holds the first block of another's feed. */
async function reads(reader: Member, author: Member): Promise<string> {
  const found = () => reader.store.get(author.feed.key)
  const core =
    (await found()) ??
    (await new Promise<NonNullable<Awaited<ReturnType<typeof found>>>>((resolve) => {
      const look = async () => {
        const core = await found()
        if (core) resolve(core)
      }
      reader.replicator.on('core', look)
      look()
    }))
  return new Promise((resolve, reject) =>
    core.get(0, (error: Error | null, block?: Uint8Array) =>
      error ? reject(error) : resolve(new TextDecoder().decode(block)),
    ),
  )
}

test.each(Object.keys(transports))('three pages meet over %s and hold each other’s feeds', async (kind) => {
  const members = await Promise.all(['ada', 'bob', 'cyd'].map(member))
  for (const { replicator } of members) replicator.join((transports[kind] as () => Transport)())
  for (const reader of members) {
    for (const author of members) {
      if (author !== reader) expect(await reads(reader, author)).toBe(`hello from ${author.name}`)
    }
  }
  await Promise.all(members.map(({ replicator }) => replicator.close()))
})

test('a page dials a server by websocket, and they hold each other’s feeds', async () => {
  const [page, server] = await Promise.all([member('page'), member('server')])
  const url = `${inject('websocketRelay')}/replicator`
  const accepted = acceptWebsocket(new WebSocket(url))
  page.replicator.join(websocket(url))
  server.replicator.connect((await accepted).connection)
  expect(await reads(page, server)).toBe('hello from server')
  expect(await reads(server, page)).toBe('hello from page')
  await Promise.all([page.replicator.close(), server.replicator.close()])
})
