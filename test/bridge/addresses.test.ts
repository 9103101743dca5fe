import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { clientAddress } from '../../src/bridge/addresses.ts'

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    ...{ socket: { remoteAddress } },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as IncomingMessage

test.each([
  ['203.0.113.1', undefined, '203.0.113.1'],
  // One client, whichever kind of socket the server has.
  ['::ffff:203.0.113.1', undefined, '203.0.113.1'],
  ['fe80::1%eth0', undefined, 'fe80::1'],
  ['127.0.0.1', '203.0.113.1', '203.0.113.1'],
  ['127.0.0.1', '198.51.100.7, 203.0.113.1', '203.0.113.1'],
  ['127.0.0.1', '203.0.113.1:4711', '203.0.113.1'],
  ['127.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
  ['127.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['127.0.0.1', 'unknown', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.1, ', '127.0.0.1'],
])('from %s, forwarded for %s: %s', (remote, forwarded, address) => {
  expect(clientAddress(request(remote, forwarded), true)).toBe(address)
})

test('what is forwarded counts only where the proxy is trusted', () => {
  expect(clientAddress(request('198.51.100.7', '203.0.113.1'), false)).toBe('198.51.100.7')
})
