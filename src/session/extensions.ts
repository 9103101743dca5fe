import { messageOf, Replic8Error } from '../errors.ts'

/** How messages become bytes: a name, or a codec of one's own. */
export type Encoding<T> =
  | 'json'
  | 'utf-8'
  | 'binary'
  | { encode(message: T): Uint8Array; decode(bytes: Buffer): T }

export interface ExtensionHandlers<T = Buffer> {
  /** Default: 'binary'. */
  encoding?: Encoding<T>
  /** A message of the peer; `session` is the one it came from. */
  // biome-ignore lint/suspicious/noExplicitAny: the session's own type would make a circle.
  onmessage?(message: T, session: any): void
}

export interface Extension<T = Buffer> {
  /** Sends a message; before the session is open it waits. Errors: ERR_BAD_ARGUMENT when it is too large or cannot be encoded. */
  send(message: T): void
  /** Hears nothing more. */
  destroy(): void
}

interface Registered {
  decode(bytes: Buffer): unknown
  onmessage?: ((message: unknown, session: unknown) => unknown) | undefined
}

/** The application's own messages, by name. */
export class Extensions {
  private readonly registered = new Map<string, Registered>()
  private readonly deliver: (name: string, payload: Buffer) => void
  private readonly messageBytes: number

  constructor(messageBytes: number, deliver: (name: string, payload: Buffer) => void) {
    this.messageBytes = messageBytes
    this.deliver = deliver
  }

  add<T>(name: string, handlers: ExtensionHandlers<T> = {}): Extension<T> {
    if (typeof name !== 'string' || name === '' || Buffer.byteLength(name) > 128) {
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'The name of an extension takes 1 to 128 bytes.')
    }
    if (this.registered.has(name))
      throw new Replic8Error('ERR_BAD_ARGUMENT', `The extension "${name}" is registered already.`)
    if (typeof handlers !== 'object' || handlers === null)
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'An extension takes { encoding, onmessage }, or nothing.')
    const codec = codecOf(handlers.encoding)
    const entry: Registered = {
      decode: (bytes) => codec.decode(bytes),
      onmessage: handlers.onmessage as Registered['onmessage'],
    }
    this.registered.set(name, entry)
    return {
      send: (message) => this.deliver(name, this.encode(codec, message)),
      destroy: () => {
        if (this.registered.get(name) === entry) this.registered.delete(name)
      },
    }
  }

  /**
   * A message of the peer; one that nobody registered is ignored. Throws what its decoder or its handler throws, or
   * gives the handler's promise.
   */
  receive(name: string, payload: Uint8Array, session: unknown): unknown {
    const entry = this.registered.get(name)
    if (!entry?.onmessage) return undefined
    return entry.onmessage(entry.decode(Buffer.from(payload)), session)
  }

  private encode<T>(codec: Codec<T>, message: T): Buffer {
    let payload: Buffer
    try {
      payload = Buffer.from(codec.encode(message))
    } catch (error) {
      throw new Replic8Error('ERR_BAD_ARGUMENT', messageOf(error), { cause: error })
    }
    if (payload.length > this.messageBytes) {
      const detail = `A message of ${payload.length} bytes is more than the limit messageBytes, ${this.messageBytes}.`
      throw new Replic8Error('ERR_BAD_ARGUMENT', detail)
    }
    return payload
  }
}

interface Codec<T> {
  encode(message: T): Uint8Array
  decode(bytes: Buffer): T
}

function codecOf<T>(encoding: Encoding<T> = 'binary'): Codec<T> {
  const own = encoding as Partial<Codec<T>> | null
  if (typeof own?.encode === 'function' && typeof own.decode === 'function') return own as Codec<T>
  if (typeof encoding === 'string' && Object.hasOwn(codecs, encoding))
    return codecs[encoding] as unknown as Codec<T>
  const detail = `"${encoding}" is no encoding; take json, utf-8, binary or { encode, decode }.`
  throw new Replic8Error('ERR_BAD_ARGUMENT', detail)
}

const codecs: Record<string, Codec<never>> = {
  json: {
    encode: (message) => Buffer.from(JSON.stringify(message)),
    decode: (bytes) => JSON.parse(bytes.toString()) as never,
  },
  'utf-8': {
    encode: (message) => Buffer.from(String(message)),
    decode: (bytes) => bytes.toString() as never,
  },
  binary: { encode: (message) => message, decode: (bytes) => bytes as never },
}
