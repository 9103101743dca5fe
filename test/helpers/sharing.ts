import ram from 'random-access-memory'
import RandomAccess from 'random-access-storage'
import type { Offer } from '../../src/session/accept.ts'
import type { EventHandler, SessionEvents } from '../../src/session/events.ts'
import type { Session } from '../../src/session/session.ts'
import { memory, reader, type TestCore } from './cores.ts'

/** Takes every offer of a namespace with a core that `make` gives; the cores by their key in hex. */
export function takeAll(
  session: Session,
  { namespace = null as string | null, make = (key: Buffer): TestCore => reader(key) } = {},
): Map<string, TestCore> {
  const taken = new Map<string, TestCore>()
  session.on(namespace, 'advertise', (offer, accept) => {
    const cores = offer.keys.map((key) => taken.get(key.toString('hex')) ?? make(key))
    for (const [i, core] of cores.entries()) taken.set((offer.keys[i] as Buffer).toString('hex'), core)
    accept(null, cores)
  })
  return taken
}

/** The copy of a core that `takeAll` made. */
export function copyOf(taken: Map<string, TestCore>, core: TestCore): TestCore {
  return taken.get(core.key.toString('hex'))
}

/** The arguments of the next event for which `test` holds. */
export function happens<E extends keyof SessionEvents>(
  session: Session,
  event: E,
  test: (...args: Parameters<SessionEvents[E]>) => boolean = () => true,
  namespace: string | null = '*',
): Promise<Parameters<SessionEvents[E]>> {
  return new Promise((resolve) => {
    const handler = (...args: Parameters<SessionEvents[E]>) => {
      if (!test(...args)) return
      session.off(namespace, event, handler as EventHandler<E>)
      resolve(args)
    }
    session.on(namespace, event, handler as EventHandler<E>)
  })
}

/** All problems of a session, as they come. */
export function problemsOf(session: Session): { code: string; key?: string; namespace?: string | null }[] {
  const problems: { code: string; key?: string; namespace?: string | null }[] = []
  session.on('problem', ({ code }, { key, ...rest }) => {
    problems.push({ code, ...(key ? { key: key.toString('hex') } : {}), ...rest })
  })
  return problems
}

/** The next offer, unanswered, with what answers it. */
export async function nextOffer(session: Session, namespace: string | null = null) {
  const [offer, accept] = await new Promise<Parameters<SessionEvents['advertise']>>((resolve) => {
    session.once(namespace, 'advertise', (...args) => resolve(args))
  })
  return { offer: offer as Offer, accept }
}

/** Lets the event loop turn until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>) {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

export const hex = (core: TestCore | Buffer): string =>
  (Buffer.isBuffer(core) ? core : core.key).toString('hex')

export interface Faults {
  read?: Error
  write?: Error
  open?: Error
  /** Reads get no answer. */
  silent?: boolean
}

/** Memory that fails as `faults` says at the time of each request; `file`: only files whose name ends so. */
export function faultyMemory(faults: Faults, file = 'data'): (name: string) => unknown {
  return (name) => {
    if (!name.endsWith(file)) return memory()
    const inner = new ram({ pageSize: 4096 })
    return new RandomAccess({
      open: (request: Any) => (faults.open ? request.callback(faults.open) : request.callback(null)),
      read(request: Any) {
        if (faults.silent) return
        if (faults.read) request.callback(faults.read)
        else
          inner.read(request.offset, request.size, (error: Any, data: Any) => request.callback(error, data))
      },
      write(request: Any) {
        if (faults.write) request.callback(faults.write)
        else inner.write(request.offset, request.data, (error: Any) => request.callback(error))
      },
      del: (request: Any) => inner.del(request.offset, request.size, (error: Any) => request.callback(error)),
      stat: (request: Any) => inner.stat((error: Any, stat: Any) => request.callback(error, stat)),
    })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: random-access-storage has no types of its own.
type Any = any
