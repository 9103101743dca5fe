import { WebSocket } from 'ws'
import { FeedStore, memory, Replicator } from '../src/entry/index.node.ts'
import { websocket } from '../src/entry/websocket.ts'
import { expect, MB, noise, sha256, sha256Of } from './demo.ts'
import { test } from './network.ts'

/** This process as a peer of the room: it writes messages, and takes everything. */
async function createNodePeer(key: string, url: string) {
  const store = new FeedStore(memory())
  const replicator = new Replicator(key, { userData: { name: 'Node' } })
  replicator.use(store)
  const feed = await store.writer('me', { header: { kind: 'messages', name: 'Node', length: 0 } })
  replicator.join(websocket(url, { WebSocket }))
  const blocksOf = async (name: string): Promise<Buffer[]> => {
    const info = (await store.feeds()).find(({ header }) => header.name === name)
    const core = info && (await store.get(info.key))
    if (!core || core.length === 0 || core.downloaded(0, core.length) < core.length) return []
    const block = (index: number) =>
      new Promise<Buffer>((resolve, reject) =>
        core.get(index, (error, value) => (error ? reject(error) : resolve(value as Buffer))),
      )
    return Promise.all(Array.from({ length: core.length }, (_, index) => block(index)))
  }
  return {
    write: (text: string) => feed.append(Buffer.from(JSON.stringify({ text, time: Date.now() }))),
    messagesOf: async (name: string) =>
      (await blocksOf(name)).map((block) => JSON.parse(block.toString()).text as string),
    file: async (name: string) => Buffer.concat(await blocksOf(name)),
    /** Whether the bridge has everything that was written here. */
    isKept: () => replicator.why(feed.key).code === 'synced',
    close: () => replicator.close(),
  }
}

test('a tab and a Node process exchange feeds through a bridge that stops, and that is killed', async ({
  network,
}, info) => {
  const bridge = await network.startBridge({ keeps: true })
  const node = await createNodePeer(network.key, bridge.url)
  const tab = await (await network.launch()).open()
  const profile = await tab.ask((demo) => demo.profile)
  await tab.acceptEverything()
  await expect(tab.peers).toHaveText([/Bridge.*keeps the feeds of this room/])
  const said: string[] = []
  const exchange = async (when: string) => {
    said.push(`${when}, from the tab`, `${when}, from Node`)
    await tab.write(`${when}, from the tab`)
    node.write(`${when}, from Node`)
  }
  const allThere = async () => {
    await expect(tab.messages).toHaveCount(said.length)
    for (const text of said) await expect(tab.messages.filter({ hasText: text })).toHaveCount(1)
    const ofTab = said.filter((text) => text.endsWith('the tab'))
    await expect.poll(() => node.messagesOf(profile)).toEqual(ofTab)
  }
  await exchange('Before')
  await allThere()

  await bridge.stop()
  await expect(tab.page.getByText(/cannot be reached. This page goes on trying/)).toBeVisible()
  await exchange('While it was away')
  await bridge.start()
  await allThere()

  // Killed while a file goes through it.
  const path = await noise(info.outputPath('noise.bin'), 10 * MB)
  await tab.add(path)
  await expect.poll(async () => (await tab.traffic()).bytesSent).toBeGreaterThan(MB)
  await bridge.stop('SIGKILL')
  await exchange('While it was dead')
  await bridge.start()
  await allThere()
  await expect.poll(async () => (await node.file('noise.bin')).length).toBe(10 * MB)
  const bytes = await node.file('noise.bin')
  expect(sha256Of(bytes)).toBe(await sha256(path))

  // Nobody else is left who could have it.
  const own = await tab.feed('noise.bin')
  const keptOf = (key: string) => tab.page.evaluate((hex) => Object.values(window.demo?.why(hex) ?? {}), key)
  for (const { key } of [own, await tab.feed(profile)])
    await expect.poll(() => keptOf(key)).toEqual(['synced'])
  await expect.poll(node.isKept).toBe(true)
  await node.close()
  await tab.page.close()
  await bridge.stop()
  await bridge.start()
  const late = await (await network.launch()).open()
  await late.acceptEverything()
  await late.hasWhole('noise.bin')
  expect(await late.sha256('noise.bin')).toBe(await sha256(path))
  await expect(late.messages).toHaveCount(said.length)
})
