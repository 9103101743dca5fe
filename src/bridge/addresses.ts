import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * Where a request comes from. `trustProxy`: the last address in X-Forwarded-For, which the nearest proxy put there; what
 * stands before it is the client's own word.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const own = plain(request.socket.remoteAddress ?? '')
  if (!trustProxy) return own
  const last = [request.headers['x-forwarded-for']].flat().join(',').split(',').at(-1)?.trim() ?? ''
  const forwarded = plain(last.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1'))
  return isIP(forwarded) === 0 ? own : forwarded
}

/** An IPv4 client of an IPv6 socket is the same client. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
}
