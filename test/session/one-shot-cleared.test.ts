import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { reader, type TestCore, writer } from '../helpers/cores.ts'
import { encryptionKey, outcomes } from '../helpers/sessions.ts'
import { happens } from '../helpers/sharing.ts'

const clear = (core: TestCore, start: number, end: number) =>
  new Promise<void>((resolve, reject) =>
    core.clear(start, end, (error: Error | null) => (error ? reject(error) : resolve())),
  )

test('blocks that the offering side clears before the answer: both sessions end', async () => {
  const core = await writer(20)
  const [a, b] = [replic8(encryptionKey), replic8(encryptionKey)]
  const copy = reader(core.key)
  a.share(core)
  b.on('advertise', (_offer, accept) => {
    // A question makes the session look at its cores: what it learns after this, it learns from the clear itself.
    void a.synced({ keys: [] })
    clear(core, 10, 20).then(() => accept(null, [copy]))
  })
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(copy.downloaded(0, 10)).toBe(10)
})

test('blocks that the offering side clears after the answer: both sessions end', async () => {
  const core = await writer(20)
  const [a, b] = [replic8(encryptionKey), replic8(encryptionKey)]
  const copy = reader(core.key)
  a.share(core)
  b.on('advertise', (_offer, accept) => accept(null, [copy]))
  const agreed = happens(a, 'replicate', () => true).then(() => clear(core, 10, 20))
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  await agreed
  expect(copy.downloaded(0, 10)).toBe(10)
})
