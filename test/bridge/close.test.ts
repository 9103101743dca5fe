import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { buildProgram } from '../helpers/build-program.ts'
import { bridge, folder, peerOf, write } from './bridges.ts'
import { Running } from './commands.ts'

test('a process whose bridge is closed ends by itself', async () => {
  const program = await buildProgram('test/bridge/close-program.ts')
  onTestFinished(program.remove)
  const running = new Running(program.path, [await folder()])
  await running.prints(/closed/)
  expect(await running.ended).toBe(0)
})

test('a bridge that closes says goodbye to its peers, and why to all other sockets', async () => {
  const running = await bridge()
  const ann = peerOf(running.url)
  await write(ann, 'notes', 'x')
  await ann.replicator.synced()
  const silent = new WebSocket(running.url)
  await once(silent, 'open')
  const closed = Promise.all([
    once(silent, 'close').then(([code]) => code),
    new Promise((resolve) => ann.replicator.once('close', resolve)),
  ])
  await Promise.all([running.close(), running.close()])
  expect(await closed).toEqual([1001, undefined])
  await expect(fetch(`${running.httpUrl}/healthz`)).rejects.toThrow()
})

test('the port is free again when a bridge is closed, and when it could not start', async () => {
  const first = await bridge()
  const { port } = first
  await expect(bridge({ port })).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  await first.close()
  expect((await bridge({ port })).port).toBe(port)
})
