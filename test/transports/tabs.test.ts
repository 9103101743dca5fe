import wrtc from '@roamhq/wrtc'
import { expect, test } from 'vitest'
import { tabs } from '../../src/transports/tabs.ts'
import { testTransports } from '../compliance/transport.ts'

testTransports({ name: 'tabs', create: () => tabs({ wrtc }) })

test('can be made on a server, and says at the start that it needs a page', () => {
  const topic = new Uint8Array(32)
  const transport = tabs()
  expect(() =>
    transport.start({ topic, publicKey: topic, onconnection: () => {}, onproblem: () => {} }),
  ).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
})

test('refuses options that cannot work', () => {
  for (const options of [{ name: '' }, { maxPeers: 0 }, { connectTimeout: 0 }]) {
    expect(() => tabs(options)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
  }
})
