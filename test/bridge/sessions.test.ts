import hypercore from 'hypercore'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import type { Share } from '../../src/session/share.ts'
import { memory } from '../../src/storage/memory.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { encryptionKey } from '../helpers/sessions.ts'
import { append, contentOf, feedOf } from '../replicator/feeds.ts'
import { bridge, peerOf, read } from './bridges.ts'

const soon = { timeout: 20_000 }

/** A bridge and a peer that is here. */
async function met() {
  const { url, replicators } = await bridge()
  const peer = peerOf(url)
  const session = await new Promise<NonNullable<(typeof replicators)[0]>['sessions'][0]>((resolve) =>
    replicators[0]?.once('session', resolve),
  )
  return { peer, session }
}

test('a core that is shared on a session of a bridge arrives with its blocks', async () => {
  const { peer, session } = await met()
  const core = await feedOf('one', 'two', 'three')
  expect(await session.share([core]).accepted).toEqual([core.key])
  const { feeds } = await session.synced()
  expect(feeds).toMatchObject([{ key: core.key, direction: 'out', length: 3 }])
  expect(session.why(core.key)).toMatchObject({ code: 'synced' })
  expect(await read(peer, core.key)).toEqual(['one', 'two', 'three'])
  await append(core, 'four')
  await expect.poll(() => read(peer, core.key), soon).toEqual(['one', 'two', 'three', 'four'])
})

test('so does one that an application takes which has no store', async () => {
  const { url, replicators } = await bridge()
  const core = await feedOf('one', 'two', 'three')
  const sharing = new Promise<Share>((resolve) =>
    replicators[0]?.once('session', (session) => resolve(session.share([core]))),
  )
  const peer = new Replicator(encryptionKey)
  onTestFinished(() => peer.close())
  const copies: StoredFeed[] = []
  peer.on('advertise', (offer, accept) => {
    copies.push(...offer.keys.map((key) => hypercore(memory(), key)))
    accept(null, copies)
  })
  peer.join(websocket(url, { WebSocket: WebSocket as never }))
  expect((await peer.synced()).feeds).toMatchObject([{ key: core.key, direction: 'in', length: 3 }])
  expect(await (await sharing).accepted).toEqual([core.key])
  expect(await contentOf(copies[0] as StoredFeed)).toEqual(['one', 'two', 'three'])
})
