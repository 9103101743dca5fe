import type { Session } from '../../src/session/session.ts'
import type { ControllableWire } from './controllable-wire.ts'
import { blocks, reader, type TestCore, writer } from './cores.ts'
import { outcome, sessions } from './sessions.ts'

/** What one end of an exchange reported to its application, as text. */
export interface Report {
  events: string[]
  outcome: string
}

/** A short session of many kinds of messages, the same each time: what it reports is known beforehand. */
export interface Exchange {
  a: Session
  b: Session
  /** How both ended, and what they had said until then. */
  over: Promise<{ a: Report; b: Report; copies: TestCore[] }>
}

export interface ExchangeCores {
  mine: TestCore
  theirs: TestCore
}

export async function exchangeCores(): Promise<ExchangeCores> {
  const cores = { mine: await writer(['one', 'two', 'three']), theirs: await writer(['uno', 'dos']) }
  // Many exchanges at a time share them.
  for (const core of Object.values(cores)) core.setMaxListeners(0)
  return cores
}

/** Two feeds, one from each side, with headers, an update and a message each way; a one-shot session. */
export function exchange(wire: ControllableWire, cores: ExchangeCores, options: object = {}): Exchange {
  const [a, b] = sessions(
    { initiator: true, userData: { name: 'a' }, ...options },
    { initiator: false, userData: { name: 'b' }, ...options },
  )
  const copies: TestCore[] = []
  const reports = [watch(a, copies), watch(b, copies)]
  const tell = [a, b].map((session) =>
    session.registerExtension<string>('chat', {
      encoding: 'utf-8',
      onmessage: (text) => reports[session === a ? 0 : 1]?.events.push(`chat ${text}`),
    }),
  )
  a.share('room', [cores.mine], [{ name: 'mine', size: 3 }])
  b.share([cores.theirs], [{ name: 'theirs' }])
  a.on('open', () => tell[0]?.send('hello from a'))
  b.on('open', () => tell[1]?.send('hello from b'))
  a.pipe(wire.a)
  b.pipe(wire.b)
  const over = Promise.all([outcome(a), outcome(b)]).then(([first, second]) => {
    const [mine, other] = reports as [Report, Report]
    return { a: { ...mine, outcome: first }, b: { ...other, outcome: second }, copies }
  })
  return { a, b, over }
}

function watch(session: Session, copies: TestCore[]): Report {
  const report: Report = { events: [], outcome: '' }
  const say = (event: string, ...parts: unknown[]) =>
    report.events.push([event, ...parts.map(textOf)].join(' '))
  session.on('open', () => say('open', session.remoteUserData))
  session.on('*', 'advertise', (offer, accept) => {
    say('advertise', offer.namespace, offer.keys, offer.headers)
    const taken = offer.keys.map((key) => reader(key))
    copies.push(...taken)
    accept(null, taken)
  })
  session.on('sync', (key) => say('sync', key))
  session.on('*', 'replicate', (_core, { key, namespace, direction }) =>
    say('replicate', key, namespace, direction),
  )
  session.on('*', 'update', ({ key, header }) => say('update', key, header))
  session.on('*', 'withdraw', ({ key }) => say('withdraw', key))
  session.synced().then(
    ({ feeds }) =>
      say(
        'synced',
        feeds.map(({ key, direction, length }) => [key.toString('hex'), direction, length]),
      ),
    () => {},
  )
  return report
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  return JSON.stringify(value)
}

/** The blocks of a copy that are here, with their indices. */
export async function here(copy: TestCore): Promise<string> {
  await new Promise((resolve) => copy.ready(resolve))
  if (copy.length > 0 && copy.downloaded() < copy.length) return `${copy.downloaded()} of ${copy.length}`
  return (await blocks(copy)).join(' ')
}
