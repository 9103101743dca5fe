import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type BridgeOptions, verifyBridgeOptions } from '../../src/bridge/options.ts'
import { type AccessRules, hostOf, isHostAllowed, isOriginAllowed } from '../../src/bridge/origins.ts'
import { bridge } from './bridges.ts'

const rules = (given: Partial<AccessRules> = {}): AccessRules => ({
  ...{ bound: '127.0.0.1', hosts: [], origins: [] },
  ...given,
})

describe('the name by which a bridge is called', () => {
  test.each([
    ['localhost', 'localhost'],
    ['LOCALHOST:8787', 'localhost'],
    ['bridge.example.org.:443', 'bridge.example.org'],
    ['[::1]:8787', '::1'],
    ['::1', '::1'],
    ['0x7f.1', '127.0.0.1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['a.example/b', undefined],
    ['user@a.example', undefined],
    ['a.example#b', undefined],
    ['', undefined],
  ])('%s is %s', (header, host) => expect(hostOf(header)).toBe(host))

  test.each([
    ['localhost:8787', {}, true],
    ['demo.localhost', {}, true],
    ['127.0.0.1:8787', {}, true],
    ['[::1]', {}, true],
    // Nobody can make an address point elsewhere.
    ['192.168.1.20:8787', {}, true],
    // What makes a page of another site reach this machine.
    ['evil.example:8787', {}, false],
    ['localhost.evil.example', {}, false],
    ['bridge.example.org', { hosts: ['bridge.example.org'] }, true],
    ['bridge.lan', { bound: 'bridge.lan' }, true],
    ['evil.example', { hosts: ['*'] }, true],
    [undefined, {}, false],
  ])('%s with %j is allowed: %s', (host, given, allowed) =>
    expect(isHostAllowed(host, rules(given))).toBe(allowed),
  )
})

describe('a page', () => {
  test.each([
    // A program that is no page.
    [undefined, 'localhost:8787', {}, true],
    ['http://localhost:5173', 'localhost:8787', {}, true],
    ['https://bridge.example', 'bridge.example', {}, true],
    ['http://127.0.0.1:5173', 'localhost:8787', {}, true],
    ['http://[::1]:5173', '127.0.0.1:8787', {}, true],
    // Bound to other addresses too, somebody else may be its localhost.
    ['http://127.0.0.1:5173', 'localhost:8787', { bound: '0.0.0.0' }, false],
    ['http://localhost:5173', 'localhost:8787', { bound: '0.0.0.0' }, true],
    ['https://evil.example', 'localhost:8787', {}, false],
    ['https://localhost.evil.example', 'localhost:8787', {}, false],
    ['null', 'localhost:8787', {}, false],
    ['null', 'localhost:8787', { origins: ['null'] }, true],
    ['nonsense', 'localhost:8787', {}, false],
    ['https://app.example', 'localhost:8787', { origins: ['https://app.example'] }, true],
    ['https://app.example:444', 'localhost:8787', { origins: ['https://app.example'] }, false],
    ['http://app.example', 'localhost:8787', { origins: ['https://app.example'] }, false],
    ['https://evil.example', 'localhost:8787', { origins: ['*'] }, true],
  ])('of %s at %s with %j may connect: %s', (origin, host, given, allowed) =>
    expect(isOriginAllowed(origin, host, rules(given))).toBe(allowed),
  )
})

/** The status of the answer to a socket: 101 when it was let in. */
async function dial(port: number, headers: Record<string, string>): Promise<number | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers })
  const answered = once(socket, 'unexpected-response').then(([, response]) => response.statusCode)
  const status = await Promise.race([answered, once(socket, 'open').then(() => 101)])
  socket.on('error', () => {})
  socket.terminate()
  return status
}

async function fetchStatus(port: number, host: string): Promise<number | undefined> {
  const request = get({ host: '127.0.0.1', port, path: '/healthz', headers: { host }, agent: false })
  const [response] = await once(request, 'response')
  response.resume()
  return response.statusCode
}

test('origins are given as people write them, and compared as browsers send them', () => {
  const given = ['HTTPS://App.Example:443/', 'https://bücher.example', 'chrome-extension://abc', '*']
  expect(verifyBridgeOptions({ origins: given }).origins).toEqual([
    ...['https://app.example', 'https://xn--bcher-kva.example', 'chrome-extension://abc', '*'],
  ])
  for (const origin of ['https://app.example/path', 'https://app.example?x', 'app.example', 'localhost:5173'])
    expect(() => verifyBridgeOptions({ origins: [origin] }), origin).toThrow('origins takes')
})

describe('a bridge that runs', () => {
  const given: BridgeOptions = { origins: ['https://app.example'], publicUrl: 'wss://bridge.example/' }

  test('turns away sockets of foreign pages and of foreign names, and counts them', async () => {
    const running = await bridge(given)
    const { port } = running
    expect(await dial(port, {})).toBe(101)
    expect(await dial(port, { origin: 'https://app.example' })).toBe(101)
    expect(await dial(port, { origin: 'https://bridge.example', host: 'bridge.example' })).toBe(101)
    expect(await dial(port, { origin: 'https://evil.example' })).toBe(403)
    expect(await dial(port, { host: 'evil.example' })).toBe(403)
    expect(running.stats.refused).toMatchObject({ origin: 1, host: 1 })
  })

  test('answers no request that calls it by a foreign name', async () => {
    const { port } = await bridge(given)
    expect(await fetchStatus(port, 'bridge.example')).toBe(200)
    expect(await fetchStatus(port, 'evil.example')).toBe(403)
  })
})
