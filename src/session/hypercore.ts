import engine from 'hypercore'
import { signatures } from '../platform/signatures.ts'
import { noiseKeyPair } from './engine.ts'
import type { KeyPair } from './options.ts'

/** A Noise key pair that is made when somebody asks for it: most feeds replicate over a session, which has its own. */
class LazyKeyPair implements KeyPair {
  private made: KeyPair | null = null

  get publicKey(): Uint8Array {
    return this.make().publicKey
  }

  get secretKey(): Uint8Array {
    return this.make().secretKey
  }

  private make(): KeyPair {
    this.made ??= noiseKeyPair()
    return this.made
  }
}

type Arguments = [storage: unknown, key?: unknown, options?: object]

/** As hypercore sorts them: what is no key is the options, where no others come behind it. */
function withKeyPair([storage, key, options]: Arguments): Arguments {
  const isKey = typeof key === 'string' || Buffer.isBuffer(key)
  const given = options ?? (isKey ? undefined : (key as object | null | undefined))
  const own = { noiseKeyPair: new LazyKeyPair(), ...(signatures ? { crypto: signatures } : {}) }
  return [storage, isKey || options ? key : null, { ...own, ...given }]
}

/** hypercore 9, with `new` and without, but that a feed does not cost a Noise key pair, and that a browser signs and verifies by itself. */
export const hypercore = new Proxy(engine, {
  apply: (Feed, _, args) => new Feed(...withKeyPair(args as Arguments)),
  construct: (Feed, args, target) => Reflect.construct(Feed, withKeyPair(args as Arguments), target),
})
