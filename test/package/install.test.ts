import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, installConsumer } from '../helpers/packed.ts'
import { appResult, appSource } from './app.ts'

// A fresh project in Node, without a lockfile, beside a hypercore 9 of its own.
describe.each(['npm', 'pnpm'] as const)('installed by %s together with hypercore', (manager) => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await installConsumer({ manager, deps: ['hypercore@9', 'random-access-memory@3'] })
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
