import { expect, test } from 'vitest'
import { memoryPair } from '../../src/transports/memory.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { sessions, turn } from '../helpers/sessions.ts'
import { slow } from '../replicator/switching.ts'

const live = { live: true }

test('other options for a feed that is replicated change its channel, and open no other, whatever crosses', async () => {
  for (const [there, back] of [
    [0, 0],
    [1, 3],
    [3, 1],
  ] as const) {
    for (const gap of [0, 1, 5, 12]) {
      const [a, b] = sessions(live, live)
      const [mine, theirs] = memoryPair()
      a.pipe(slow(mine, () => there))
      b.pipe(slow(theirs, () => back))
      const core = await writer(20)
      const copy = reader(core.key)
      let opened = 0
      copy.on('peer-add', () => opened++)
      b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, download: false }]))
      b.on('other', 'advertise', (_offer, accept) => accept(null, [{ core: copy, maxRequests: 3 }]))
      const first = a.share(core).accepted
      for (let i = 0; i < gap; i++) await turn()
      await Promise.all([first, a.share('other', core).accepted])
      await b.synced()
      expect(copy.peers[0].maxRequests).toBe(3)
      expect(await blocks(copy)).toEqual(await blocks(core))
      expect(opened).toBe(1)
      a.destroy()
    }
  }
})
