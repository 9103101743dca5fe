import { expect, test } from 'vitest'
import { type SwarmOptions, swarm } from '../../src/transports/swarm.ts'
import { verifySwarmOptions } from '../../src/transports/swarm-options.ts'

const bad: [name: string, options: unknown][] = [
  ['bootstrap', { bootstrap: '127.0.0.1:49737' }],
  ['bootstrap', { bootstrap: ['127.0.0.1'] }],
  ['bootstrap', { bootstrap: ['127.0.0.1:0'] }],
  ['bootstrap', { bootstrap: ['127.0.0.1:65536'] }],
  ['bootstrap', { bootstrap: ['a b:1'] }],
  ['bootstrap', { bootstrap: [null] }],
  ['bootstrap', { bootstrap: [{ host: 'node1.example.org' }] }],
  ['host', { host: 'localhost' }],
  ['host', { host: '1.2.3.256' }],
  ['host', { host: '::1' }],
  ['dht', { dht: {} }],
  ['maxPeers', { maxPeers: 0 }],
  ['maxPeers', { maxPeers: 4_097 }],
  ['server', { server: 1 }],
  ['client', { server: false, client: false }],
  ['closeTimeout', { closeTimeout: 0 }],
  ['helloTimeout', { helloTimeout: Infinity }],
]

test('refuses options that cannot work, and names them', () => {
  for (const [name, options] of bad) {
    expect(() => swarm(options as SwarmOptions), JSON.stringify(options)).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION', message: expect.stringContaining(name) }),
    )
  }
})

test('takes addresses in one piece or in two', () => {
  const { bootstrap } = verifySwarmOptions({
    bootstrap: ['203.0.113.1:49737', 'node1.example.org:1', { host: '198.51.100.7', port: 2 }],
  })
  expect(bootstrap).toEqual([
    { host: '203.0.113.1', port: 49_737 },
    { host: 'node1.example.org', port: 1 },
    { host: '198.51.100.7', port: 2 },
  ])
})

test('binds to loopback where the DHT is there, and to everything otherwise', () => {
  expect(verifySwarmOptions({ bootstrap: ['127.0.0.1:1', 'localhost:2'] }).host).toBe('127.0.0.1')
  expect(verifySwarmOptions({ bootstrap: ['127.0.0.1:1'], host: '0.0.0.0' }).host).toBe('0.0.0.0')
  for (const options of [{}, { bootstrap: [] }, { bootstrap: ['127.0.0.1:1', '198.51.100.7:1'] }])
    expect(verifySwarmOptions(options).host).toBeUndefined()
})
