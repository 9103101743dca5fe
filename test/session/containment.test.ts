import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import hypercore from 'hypercore'
import { afterEach, describe, expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { append, blocks, memory, reader, ready, type TestCore, writer } from '../helpers/cores.ts'
import { collected } from '../helpers/garbage.ts'
import { openSessions, outcomes, sessions, uncaughtErrors } from '../helpers/sessions.ts'
import {
  copyOf,
  type Faults,
  faultyMemory,
  happens,
  hex,
  problemsOf,
  takeAll,
  until,
} from '../helpers/sharing.ts'

const live = { live: true }
const uncaught = uncaughtErrors()
afterEach(() => expect(uncaught.errors.splice(0)).toEqual([]))

/** What a failure of one feed must not touch: another feed on the same session, and its one-shot end. */
async function expectContained(
  [a, b]: [Session, Session],
  bad: TestCore,
  { code, failsAt }: { code: string; failsAt: Session },
) {
  const [good, problems] = [await writer(20), problemsOf(failsAt)]
  const taken = takeAll(b)
  const synced = b.synced({ keys: [bad.key] })
  const answers: string[] = []
  for (const session of [a, b]) {
    const ask = () => answers.push(session.why(bad.key).code)
    session.once('problem', ask).once('withdraw', ask)
  }
  a.share([bad, good])
  a.pipe(b.stream)
  await expect(synced).rejects.toMatchObject({ code: 'ERR_CORE_FAILED' })
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(problems).toEqual([{ code, key: hex(bad) }])
  expect(answers).toEqual(['core-failed', 'core-failed'])
  expect(await blocks(copyOf(taken, good))).toEqual(await blocks(good))
}

describe('a feed whose storage fails costs that feed only', () => {
  test('on read, at the side that uploads', async () => {
    const faults: Faults = {}
    const bad = hypercore(faultyMemory(faults))
    await append(bad, ['one', 'two'])
    faults.read = new Error('disk on fire')
    const [a, b] = sessions()
    await expectContained([a, b], bad, { code: 'ERR_CORE_FAILED', failsAt: a })
  })

  test('on a read that throws', async () => {
    const bad = await writer(3)
    bad.proof = () => {
      throw new Error('disk on fire')
    }
    const [a, b] = sessions()
    await expectContained([a, b], bad, { code: 'ERR_CORE_FAILED', failsAt: a })
  })

  test.each(['data', 'tree', 'bitfield', 'signatures'])(
    'on write of %s, at the side that downloads',
    async (file) => {
      const bad = await writer(3)
      const faults: Faults = {}
      const copy = hypercore(faultyMemory(faults, file), bad.key)
      await ready(copy)
      faults.write = new Error('disk on fire')
      const [a, b] = sessions()
      b.on('advertise', ({ keys }, accept) => {
        if (keys[0]?.equals(bad.key))
          accept(
            null,
            keys.map((key) => (key.equals(bad.key) ? copy : reader(key))),
          )
      })
      const good = await writer(20)
      const problems = problemsOf(b)
      const share = a.share([bad, good])
      a.pipe(b.stream)
      await share.accepted
      expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
      expect(problems).toEqual([{ code: 'ERR_CORE_FAILED', key: hex(bad) }])
    },
  )

  test('on open, at the side that takes it', async () => {
    const [a, b] = sessions(live, live)
    const [bad, good] = [await writer(3), await writer(3)]
    const problems = problemsOf(b)
    const copies = new Map<string, TestCore>()
    b.on('advertise', ({ keys }, accept) => {
      for (const key of keys) {
        const storage = key.equals(bad.key)
          ? faultyMemory({ open: new Error('disk on fire') }, 'bitfield')
          : memory
        copies.set(hex(key), hypercore(storage, key))
      }
      accept(null, [...copies.values()])
    })
    const released = happens(a, 'problem')
    a.share([bad, good])
    a.pipe(b.stream)
    const [error, { key }] = await released
    expect([error.code, hex(key as Buffer)]).toEqual(['ERR_CORE_FAILED', hex(bad)])
    expect(problems).toEqual([{ code: 'ERR_CORE_FAILED', key: hex(bad) }])
    expect([a, b].map((session) => session.why(bad.key).code)).toEqual(['core-failed', 'core-failed'])
    await b.synced({ keys: [good.key] })
    expect(await blocks(copyOf(copies, good))).toHaveLength(3)
    a.destroy()
  })
})

test('a request that is never answered costs its feed: ERR_REQUEST_TIMEOUT', async () => {
  const faults: Faults = {}
  const bad = hypercore(faultyMemory(faults))
  await append(bad, ['one', 'two'])
  faults.silent = true
  const [a, b] = sessions({ timeout: 200 }, { timeout: 200 })
  await expectContained([a, b], bad, { code: 'ERR_REQUEST_TIMEOUT', failsAt: b })
})

test.each(['offers', 'takes'])(
  'a core that is closed by the side that %s it costs itself only',
  async (side) => {
    const [a, b] = await openSessions(live, live)
    const [bad, good] = [await writer(3), await writer(3)]
    const taken = takeAll(b)
    await a.share([bad, good]).accepted
    await b.synced()
    const [session, core] = side === 'offers' ? [a, bad] : [b, copyOf(taken, bad)]
    const problems = problemsOf(session)
    const other = happens(side === 'offers' ? b : a, side === 'offers' ? 'withdraw' : 'problem')
    const synced = b.synced({ keys: [bad.key] })
    await synced
    await append(bad, 'one more').then(() => new Promise((resolve) => core.close(resolve)))
    await other
    expect(problems).toEqual([{ code: 'ERR_CORE_CLOSED', key: hex(bad) }])
    expect([a, b].map((one) => one.why(bad.key).code)).toEqual(['core-closed', 'core-closed'])
    await append(good, 'more')
    await until(() => copyOf(taken, good).length === 4)
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  },
)

test('a core that failed can be shared again, and a new one can take its place', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(3)
  const copies = [reader(core.key), reader(core.key)]
  let next = 0
  b.on('advertise', (_offer, accept) => accept(null, [copies[next++]]))
  await a.share(core).accepted
  await b.synced()
  const released = happens(a, 'problem')
  await new Promise((resolve) => copies[0].close(resolve))
  await released
  a.unshare(core)
  expect(await a.share(core).accepted).toHaveLength(1)
  await b.synced()
  expect(await blocks(copies[1])).toEqual(await blocks(core))
  a.destroy()
})

test('a handler of a core that throws when the peer says something costs that core only', async () => {
  const [a, b] = sessions()
  const bad = await writer(3)
  bad.on('peer-open', () => {
    throw new Error('oh')
  })
  await expectContained([a, b], bad, { code: 'ERR_CORE_FAILED', failsAt: a })
})

test('a block that does not fit its feed ends the session: ERR_INVALID_PROOF on both sides', async () => {
  const core = await writer(5)
  const fake = hypercore((name: string) => {
    const file = memory()
    if (name.endsWith('data')) {
      const readAll = file.read.bind(file)
      file.read = (offset: number, size: number, done: (error: Error | null, data: Buffer) => void) =>
        readAll(offset, size, (error: Error | null, data: Buffer) =>
          done(error, data && Buffer.alloc(data.length, 'x')),
        )
    }
    return file
  })
  await append(fake, ['forged 0', 'forged 1', 'forged 2'])
  const [a, b] = await openSessions(live, live)
  const good = takeAll(b)
  await a.share(core).accepted
  await b.synced()
  a.share(fake)
  await expect(b.closed).rejects.toMatchObject({ code: 'ERR_INVALID_PROOF' })
  await expect(a.closed).rejects.toMatchObject({
    code: 'ERR_PEER_REFUSED',
    reason: { code: 'ERR_INVALID_PROOF' },
  })
  expect(copyOf(good, fake).downloaded(0, 3)).toBe(0)
})

test("a user's own copy of hypercore replicates too", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replic8-copy-'))
  const require = createRequire(import.meta.url)
  const packages = dirname(dirname(require.resolve('hypercore/package.json')))
  for (const name of ['hypercore', 'hypercore-protocol', 'simple-hypercore-protocol']) {
    await cp(join(packages, name), join(folder, 'node_modules', name), { recursive: true })
  }
  const { symlink, readdir } = await import('node:fs/promises')
  const copied = new Set(await readdir(join(folder, 'node_modules')))
  for (const name of await readdir(packages)) {
    if (!copied.has(name)) await symlink(join(packages, name), join(folder, 'node_modules', name))
  }
  const own = createRequire(join(folder, 'index.js'))('hypercore')
  expect(own).not.toBe(hypercore)
  const [a, b] = sessions()
  const core = own(memory)
  await append(core, ['one', 'two'])
  const other = await writer(3)
  const taken = takeAll(b, { make: (key) => own(memory, key) })
  a.share([core, other])
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copyOf(taken, core))).toEqual(['one', 'two'])
  expect(await blocks(copyOf(taken, other))).toHaveLength(3)
  await rm(folder, { recursive: true })
})

describe('after the end', () => {
  const events = ['download', 'append', 'clear', 'close', 'error', 'ready', 'sync', 'upload']
  const listeners = (core: TestCore) => events.map((event) => `${event} ${core.listenerCount(event)}`)

  test('cores have no listener, peer or selection of ours', async () => {
    const core = await writer(5)
    const copy = reader(core.key, { sparse: true })
    await ready(copy)
    const before = [core, copy].map(listeners)
    for (const end of [(s: Session) => s.end(), (s: Session) => s.destroy(new Error('enough'))]) {
      const [a, b] = await openSessions(live, live)
      takeAll(b, { make: () => copy })
      a.share(core)
      await happens(b, 'sync')
      end(a)
      await outcomes(a, b)
      expect([core, copy].map(listeners)).toEqual(before)
      expect([core.peers.length, copy.peers.length, copy._selections.length]).toEqual([0, 0, 0])
    }
  })

  test('a core that was still being opened when the session ended gets none', async () => {
    const [a, b] = await openSessions(live, live)
    const core = hypercore(memory)
    const before = listeners(core)
    a.share(core)
    a.destroy()
    await outcomes(a, b)
    await ready(core)
    await new Promise((resolve) => setImmediate(resolve))
    expect(listeners(core).filter((line) => !line.startsWith('ready'))).toEqual(
      before.filter((line) => !line.startsWith('ready')),
    )
  })

  test('a core that was declined or taken back is let go of before', async () => {
    const [a, b] = await openSessions(live, live)
    const [declined, unshared] = [await writer(1), await writer(1)]
    const before = [declined, unshared].map(listeners)
    const problems = problemsOf(a)
    b.on('advertise', ({ keys }, accept) =>
      accept(null, keys[0]?.equals(unshared.key) ? [reader(unshared.key)] : []),
    )
    await a.share(declined).accepted
    await a.share(unshared).accepted
    a.unshare(unshared)
    const withoutError = (lines: string[]) => lines.filter((line) => !line.startsWith('error'))
    expect([declined, unshared].map(listeners).map(withoutError)).toEqual(before.map(withoutError))
    await Promise.all([declined, unshared].map((core) => new Promise((resolve) => core.close(resolve))))
    expect(problems).toEqual([])
    a.destroy()
  })

  test('sessions and cores can be collected', async () => {
    const run = async () => {
      const [a, b] = sessions()
      const core = await writer(5)
      const taken = takeAll(b)
      a.share(core)
      a.pipe(b.stream)
      await outcomes(a, b)
      return [a, b, core, copyOf(taken, core)].map((one) => new WeakRef(one as object))
    }
    for (const ref of await run()) await collected(ref)
  })
})
