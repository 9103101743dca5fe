import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'

const key = Buffer.alloc(32, 7)

test('a shared feed is taken, fetched whole, and both sessions end', async () => {
  const core = await writer(5)
  const a = replic8(key)
  const b = replic8(key)
  for (const [n, s] of [
    ['a', a],
    ['b', b],
  ] as const) {
    s.on('problem', (e, w) => console.log(n, 'problem', e.message, w))
    s.on('close', (e) => console.log(n, 'close', e?.message))
    s.on('open', () => console.log(n, 'open'))
    s.on('sync', (k) => console.log(n, 'sync', k.toString('hex').slice(0, 6)))
    s.on('progress', (p) => console.log(n, 'progress', p.have, p.want, p.bytes))
  }
  const share = a.share([core], [{ hello: 'world' }])
  let copy: any
  b.on('advertise', (offer, accept) => {
    console.log(offer)
    copy = reader(offer.keys[0] as Buffer)
    accept(null, [copy])
  })
  a.pipe(b.stream)
  console.log(await share.accepted)
  await Promise.all([a.closed, b.closed])
  expect(await blocks(copy)).toEqual(['block 0', 'block 1', 'block 2', 'block 3', 'block 4'])
}, 5000)
