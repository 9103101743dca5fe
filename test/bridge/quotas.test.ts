import { describe, expect, test } from 'vitest'
import { addressGroup } from '../../src/bridge/address-group.ts'
import { type BridgeLimits, verifyLimits } from '../../src/bridge/limits.ts'
import { Quotas } from '../../src/bridge/quotas.ts'

/** Quotas with a clock that the test moves. */
function quotasAt(limits: Partial<BridgeLimits>) {
  const clock = { ms: 0 }
  return { clock, quotas: new Quotas(verifyLimits(limits), { now: () => clock.ms }) }
}

const repeat = <T>(times: number, run: () => T) => Array.from({ length: times }, run)

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0000:ffff::', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::5', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3::4:5:192.0.2.1', '1:2:3:0::/64'],
  ['', ''],
  ['unknown', 'unknown'],
])('the address %s counts as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})

test('addresses of one IPv6 network share a quota, others have their own', () => {
  const { quotas } = quotasAt({ connectionsPerAddress: 1 })
  expect(quotas.address('2001:db8::1').connect()).toBeUndefined()
  expect(quotas.address('2001:db8::2').connect()).toBe('connections')
  expect(quotas.address('2001:db8:0:1::1').connect()).toBeUndefined()
})

test('an address dials as often as allowed, and again as time goes by', () => {
  const { quotas, clock } = quotasAt({ dialsPerMinute: 6 })
  const quota = quotas.address('192.0.2.1')
  expect(repeat(7, () => quota.connect())).toEqual([...repeat(6, () => undefined), 'dials'])
  clock.ms += 9_999
  expect(quota.connect()).toBe('dials')
  clock.ms += 1
  expect([quota.connect(), quota.connect()]).toEqual([undefined, 'dials'])
  clock.ms += 600_000
  expect(repeat(7, () => quota.connect())).toEqual([...repeat(6, () => undefined), 'dials'])
})

test('sockets are counted by address and all together, until they are over', () => {
  const { quotas } = quotasAt({ connectionsPerAddress: 2, connections: 3 })
  const [one, two] = [quotas.address('192.0.2.1'), quotas.address('192.0.2.2')]
  expect(repeat(3, () => one.connect())).toEqual([undefined, undefined, 'connections'])
  expect(repeat(2, () => two.connect())).toEqual([undefined, 'connections'])
  expect(quotas.connections).toBe(3)
  one.disconnect()
  expect([two.connect(), quotas.connections]).toEqual([undefined, 3])
})

test('messages above the rate make their sender wait so long', () => {
  const { quotas, clock } = quotasAt({ messagesPerSecond: 10 })
  const quota = quotas.address('192.0.2.1')
  expect(repeat(42, () => quota.message())).toEqual([...repeat(40, () => 0), 100, 200])
  clock.ms += 200
  expect(quota.message()).toBe(100)
})

test('a topic counts once however many sockets of an address are in it', () => {
  const { quotas } = quotasAt({ topicsPerAddress: 2 })
  const quota = quotas.address('192.0.2.1')
  expect(['a', 'a', 'b', 'c'].map((topic) => quota.join(topic))).toEqual([true, true, true, false])
  quota.leave('a')
  expect(quota.join('c')).toBe(false)
  quota.leave('a')
  expect(quota.join('c')).toBe(true)
})

test("relays stop at their number, and when the hour's bytes are used up", () => {
  const { quotas, clock } = quotasAt({ relaysPerAddress: 1, relayBytesPerHour: 3_600 })
  const quota = quotas.address('192.0.2.1')
  expect([quota.startRelay(), quota.startRelay()]).toEqual([true, false])
  expect([quota.relay(3_000), quota.relay(601), quota.relay(600)]).toEqual([true, false, true])
  quota.endRelay()
  expect(quota.startRelay()).toBe(false)
  clock.ms += 1_000
  expect([quota.startRelay(), quota.relay(2), quota.relay(1)]).toEqual([true, false, true])
})

test('Infinity limits nothing', () => {
  const { quotas, clock } = quotasAt({
    dialsPerMinute: Infinity,
    messagesPerSecond: Infinity,
    relayBytesPerHour: Infinity,
    connections: Infinity,
    connectionsPerAddress: Infinity,
  })
  const quota = quotas.address('192.0.2.1')
  for (const later of [0, 0, 1_000]) {
    clock.ms += later
    expect([quota.connect(), quota.message(), quota.relay(2 ** 50)]).toEqual([undefined, 0, true])
  }
  repeat(3, () => quota.disconnect())
  quota.release()
  expect(quotas.addresses).toBe(0)
})

describe('an address is forgotten', () => {
  test('when nobody holds it and it owes nothing any more', () => {
    const { quotas, clock } = quotasAt({ dialsPerMinute: 60 })
    const quota = quotas.address('192.0.2.1')
    quotas.address('192.0.2.1')
    quota.connect()
    clock.ms += 60_000
    quota.disconnect()
    quota.release()
    expect(quotas.addresses).toBe(1)
    quota.release()
    expect(quotas.addresses).toBe(0)
  })

  test('not before its buckets are full again: to come back anew is no way around them', () => {
    const { quotas, clock } = quotasAt({ dialsPerMinute: 1 })
    const quota = quotas.address('192.0.2.1')
    quota.connect()
    quota.disconnect()
    quota.release()
    clock.ms += 59_999
    expect(quotas.address('192.0.2.1').connect()).toBe('dials')
    quota.release()
    clock.ms += 1
    expect(quotas.addresses).toBe(0)
  })

  test('without anybody looking, as others come', () => {
    const { quotas, clock } = quotasAt({})
    for (let n = 0; n < 1_000; n++) quotas.address(`10.0.${n >> 8}.${n & 255}`).release()
    clock.ms += 60_000
    quotas.address('192.0.2.1')
    expect(quotas.addresses).toBe(1)
  })
})
