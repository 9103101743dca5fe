import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { messageOf, Replic8Error } from '../errors.ts'

export interface ListenOptions {
  host: string
  port: number
  tls: { cert: string | Uint8Array; key: string | Uint8Array } | undefined
}

/** Milliseconds. Nobody sends a bridge a request that takes long: these bound who opens one and dawdles. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
}

/** A server that is not listening yet. Errors: ERR_BAD_OPTION for what is no certificate or no key. */
export function createHttpServer({ tls }: Pick<ListenOptions, 'tls'>, onrequest: RequestListener): Server {
  if (!tls) return createServer(timeouts, onrequest)
  try {
    const { cert, key } = tls
    // A Uint8Array that is no Buffer is taken by some versions of Node only.
    return createSecureServer(
      {
        ...timeouts,
        handshakeTimeout: timeouts.headersTimeout,
        cert: pem(cert),
        key: pem(key),
        minVersion: 'TLSv1.2',
      },
      onrequest,
    )
  } catch (error) {
    throw new Replic8Error('ERR_BAD_OPTION', `tls holds no certificate with its key: ${messageOf(error)}`)
  }
}

/** Gives the port. Rejects with ERR_LISTEN. */
export function listen(server: Server, { host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const { code } = error as { code?: string }
      const why = reasons.get(code ?? '') ?? messageOf(error)
      reject(new Replic8Error('ERR_LISTEN', `${nameOf(host)}:${port}: ${why}`, { cause: error }))
    }
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      // Of a socket that could not be accepted; the server goes on.
      server.on('error', () => {})
      resolve((server.address() as AddressInfo).port)
    })
  })
}

const reasons = new Map([
  ['EADDRINUSE', 'another program listens there.'],
  ['EACCES', 'this user may not listen there.'],
  ['EADDRNOTAVAIL', 'this machine has no such address.'],
  ['ENOTFOUND', 'there is no such host.'],
])

const pem = (text: string | Uint8Array) => (typeof text === 'string' ? text : Buffer.from(text))

/** A host as it stands in a URL. One that means every address is called by one that can be dialled. */
export function nameOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
