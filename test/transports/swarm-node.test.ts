import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Replicator } from '../../src/replicator/replicator.ts'
import { topicOf } from '../../src/session/keys.ts'
import { type SwarmOptions, swarm } from '../../src/transports/swarm.ts'
import { writer } from '../helpers/cores.ts'
import { encryptionKey, otherKey } from '../helpers/sessions.ts'
import { arrived, heardBy, problemsOf, sharing, taking } from '../replicator/peers.ts'
import { met, type PrivateDht, privateDht } from './swarm-network.ts'

const run = promisify(execFile)

let dht: PrivateDht
beforeAll(async () => {
  dht = await privateDht()
})
afterAll(() => dht.close())

const newTopic = () => crypto.getRandomValues(new Uint8Array(32))

function peer(key: Uint8Array = encryptionKey, options: SwarmOptions = {}) {
  const replicator = new Replicator(key)
  onTestFinished(() => replicator.close())
  return { replicator, join: () => replicator.join(dht.swarm(options)) }
}

test('replicators of one key find each other and pass feeds', async () => {
  const core = await writer(20)
  const [a, b, c] = [peer(), peer(), peer()]
  const stores = [taking(), taking()]
  a.replicator.use(sharing(core))
  b.replicator.use(stores[0] as object)
  c.replicator.use(stores[1] as object)
  for (const { join } of [a, b, c]) join()
  await Promise.all(stores.map(({ copies }) => arrived(copies, core, 20)))
  expect(b.replicator.sessions.map(({ connectionKind }) => connectionKind)).toContain('swarm')
})

test('who knows the topic and not the encryption key gets nothing', async () => {
  const { replicator, join } = peer()
  replicator.use(sharing(await writer(1)))
  const spy = peer(otherKey)
  const heard = heardBy(spy.replicator)
  const [problems, spied] = [problemsOf(replicator), problemsOf(spy.replicator)]
  const closes: (Error | undefined)[] = []
  spy.replicator.on('close', (error) => void closes.push(error))
  const transport = dht.swarm()
  spy.replicator.join({
    start: (to) => transport.start({ ...to, topic: topicOf(encryptionKey) }),
    stop: () => transport.stop(),
  })
  join()
  await expect.poll(() => closes[0]).toMatchObject({ code: 'ERR_KEY_MISMATCH' })
  expect([heard.keys, spy.replicator.sessions, problems, spied]).toEqual([[], [], [], []])
})

test('a DHT node that was given serves several transports, and is left as it was', async () => {
  const node = dht.node()
  onTestFinished(() => node.destroy())
  const listeners = () =>
    ['network-change', 'network-update', 'close'].map((event) =>
      (node as unknown as NodeJS.EventEmitter).listenerCount(event),
    )
  const before = listeners()
  const [one, other] = [newTopic(), newTopic()]
  const transports = [
    [swarm({ dht: node }), one],
    [swarm({ dht: node }), other],
    [dht.swarm(), one],
    [dht.swarm(), other],
  ] as const
  await Promise.all(transports.map(([transport, topic]) => met(transport, topic)))
  await Promise.all(transports.map(([transport]) => transport.stop()))
  expect(node).toMatchObject({ destroyed: false })
  expect(listeners()).toEqual(before)
  const again = [swarm({ dht: node }), dht.swarm()]
  await Promise.all(again.map((transport) => met(transport, one)))
  await Promise.all(again.map((transport) => transport.stop()))
})

test('a program ends by itself when its transport is stopped', async () => {
  const topic = newTopic()
  const transport = dht.swarm()
  onTestFinished(() => transport.stop())
  const meeting = met(transport, topic)
  const [{ host, port }] = dht.bootstrap as [{ host: string; port: number }]
  const program = ['scripts/run-ts.mjs', 'test/transports/swarm-program.ts']
  const args = [...program, `${host}:${port}`, Buffer.from(topic).toString('hex')]
  const { stdout } = await run(process.execPath, args)
  expect(stdout).toBe('connected by swarm\n')
  expect((await meeting).kind).toBe('swarm')
})

test('where the package is missing it says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replic8-swarm-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'program.mjs')
  await build({
    entryPoints: ['test/transports/swarm-program.ts'],
    outfile,
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' },
  })
  const { stdout } = await run(process.execPath, [outfile, '127.0.0.1:9', '00'.repeat(32)])
  expect(stdout).toBe('ERR_NOT_INSTALLED\n')
})
