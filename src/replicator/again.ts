import { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { Extension } from '../session/extensions.ts'
import type { Session } from '../session/session.ts'

/** The replicator's own messages: "offer me these again". */
export const againName = 'replic8/again'

/** Keys in one message. */
const most = 1024

interface AgainMessage {
  namespace: Namespace
  keys: string[]
}

/** Asks a peer to offer feeds again that it was told were declined, and hears when it asks us. */
export class Again {
  private readonly extension: Extension<AgainMessage>
  private readonly waiting = new Map<Namespace, string[]>()

  constructor(session: Session, onagain: (namespace: Namespace, keys: string[]) => void) {
    this.extension = session.registerExtension<AgainMessage>(againName, {
      encoding: 'json',
      onmessage: (message) => {
        const { namespace, keys } = checkMessage(message)
        onagain(namespace, keys)
      },
    })
  }

  /** What is wanted at one moment travels together. */
  ask(namespace: Namespace, hex: string) {
    const keys = this.waiting.get(namespace)
    if (keys) return keys.push(hex)
    this.waiting.set(namespace, [hex])
    queueMicrotask(() => this.send(namespace))
  }

  private send(namespace: Namespace) {
    const keys = this.waiting.get(namespace) ?? []
    this.waiting.delete(namespace)
    while (keys.length > 0) this.extension.send({ namespace, keys: keys.splice(0, most) })
  }
}

/** Errors: ERR_PROTOCOL, contained by the session as a problem. */
function checkMessage(message: unknown): AgainMessage {
  const { namespace, keys } = (message ?? {}) as Partial<AgainMessage>
  const isGood = (namespace === null || typeof namespace === 'string') && Array.isArray(keys)
  if (isGood && keys.every((key) => typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)))
    return { namespace, keys }
  throw new Replic8Error('ERR_PROTOCOL', 'The peer asked for feeds in a form that makes no sense.')
}
