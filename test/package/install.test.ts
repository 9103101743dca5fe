import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Consumer, installConsumer } from '../helpers/packed.ts'
import { appResult, appSource } from './app.ts'

// A fresh project in Node, without a lockfile, beside a hypercore 9 of its own.
describe.each(['npm', 'pnpm'] as const)('installed by %s together with hypercore', (manager) => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await installConsumer({ manager, deps: ['hypercore@9', 'random-access-memory@3', 'ws@8'] })
  }, 240_000)
  afterAll(() => consumer?.remove())

  const run = async (file: string, program: string) => {
    await consumer.write(file, program)
    return JSON.parse(await consumer.node('--no-warnings', file))
  }

  test('import gives the function and the named exports', async () => {
    await consumer.write('app.mjs', appSource())
    const printed = await run(
      'main.mjs',
      `
      import replic8, { hypercore, randomKey } from 'replic8'
      import { run } from './app.mjs'
      const kinds = [replic8, hypercore, randomKey].map((value) => typeof value)
      console.log(JSON.stringify({ kinds, result: await run() }))
      `,
    )
    expect(printed).toEqual({ kinds: ['function', 'function', 'function'], result: appResult })
  })

  test('require gives the function with the named exports on it, the same that import gives', async () => {
    const printed = await run(
      'main.cjs',
      `
      const replic8 = require('replic8')
      const { hypercore, randomKey, Replic8Error } = require('replic8')
      const { webrtc } = require('replic8/webrtc')
      const { file } = require('replic8/storage')
      const kinds = [replic8, hypercore, randomKey, Replic8Error, webrtc, file].map((value) => typeof value)
      import('replic8').then((imported) => {
        const same = imported.default === replic8 && imported.hypercore === hypercore
        console.log(JSON.stringify({ kinds, same, key: randomKey().length }))
      })
      `,
    )
    expect(printed).toEqual({ kinds: Array(6).fill('function'), same: true, key: 32 })
  })

  test('the engine inside and the hypercore of the project replicate with each other', async () => {
    const printed = await run(
      'both.cjs',
      `
      const ram = require('random-access-memory')
      const theirs = require('hypercore')(ram)
      theirs.append('across', () => {
        const ours = require('replic8').hypercore(ram, theirs.key)
        const stream = ours.replicate(true, { live: true })
        stream.pipe(theirs.replicate(false, { live: true })).pipe(stream)
        ours.get(0, (error, block) => {
          console.log(JSON.stringify(error ? error.message : block.toString()))
          process.exit()
        })
      })
      `,
    )
    expect(printed).toBe('across')
  })

  test('a bridge and a peer of it replicate, with ws of the project', async () => {
    const printed = await run(
      'bridge.cjs',
      `
      const { createBridge } = require('replic8/bridge')
      const { Replicator, FeedStore, memory, randomKey } = require('replic8')
      const { websocket } = require('replic8/websocket')
      const { swarm } = require('replic8/swarm')
      const { WebSocket } = require('ws')
      const key = randomKey()
      async function main() {
        const bridge = await createBridge({ port: 0, storage: './bridged', key, minFree: 0 })
        const peer = new Replicator(key)
        const feeds = new FeedStore(memory())
        peer.use(feeds)
        peer.join(websocket(bridge.url, { WebSocket }))
        const feed = await feeds.writer('mine')
        await new Promise((resolve) => feed.append('across', resolve))
        await peer.synced()
        const metrics = await (await fetch(bridge.httpUrl + '/metrics')).text()
        await peer.close()
        await bridge.close()
        console.log(JSON.stringify([/^replic8_received_bytes_total (.*)$/m.exec(metrics)[1], typeof swarm]))
      }
      main()
      `,
    )
    expect(printed).toEqual(['6', 'function'])
  })

  test('the command replic8 runs, and serves the demo', async () => {
    const command = join(consumer.dir, 'node_modules/.bin/replic8')
    const { stdout: help } = await promisify(execFile)(command, ['--help'])
    expect(help).toMatch(/^Usage: replic8/)
    const child = spawn(command, ['demo', '--port', '0', '--storage', join(consumer.dir, 'room')])
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const page = new URL(/http:\S+/.exec(line)?.[0] as string)
    expect(page.hash).toMatch(/^#[0-9a-f]{64}$/)
    const html = await (await fetch(page)).text()
    const [, script] = /<script[^>]+src="([^"]+)"/.exec(html) as unknown as [string, string]
    expect((await fetch(new URL(script, page))).status).toBe(200)
    expect(await (await fetch(new URL('bridge.json', page))).json()).toEqual({ url: `ws://${page.host}/` })
    child.kill('SIGTERM')
    expect((await once(child, 'close'))[0]).toBe(0)
  })

  test('the engine keeps a feed in a folder', async () => {
    const program = (finish: string) => `
      const { hypercore } = require('replic8')
      const core = hypercore('./feed')
      core.ready((error) => {
        if (error) throw error
        ${finish}
      })
    `
    const key = await run(
      'write.cjs',
      program("core.append('kept', () => console.log(JSON.stringify(core.key.toString('hex'))))"),
    )
    const read = program(
      "core.get(0, (_, block) => console.log(JSON.stringify([core.key.toString('hex'), block.toString()])))",
    )
    expect(await run('read.cjs', read)).toEqual([key, 'kept'])
  })
})
