import { isEmpty } from '../wire/header.ts'
import { keyBytes } from '../wire/limits.ts'
import type { Header, Json, PeerLimits } from '../wire/messages.ts'
import { maxVarintBytes, varintLength } from '../wire/varint.ts'
import type { Namespace } from './events.ts'
import type { Outgoing } from './state.ts'

/** Whether what we offer keeps to the limits that the peer told in its hello. */

const utf8 = new TextEncoder()

/** The most bytes that a page takes beside its feeds: numbers and lengths, a type, a flag, two brackets. */
export function pageOverhead(namespace: Namespace): number {
  return 4 * maxVarintBytes + 4 + utf8.encode(namespace ?? '').length
}

/** The most bytes that a feed takes on a page: its key, its lengths, its header and the comma behind it. */
export function feedBytes({ lengths, header }: Outgoing): number {
  const row = lengths.reduce((sum, length) => sum + varintLength(length), 1)
  return keyBytes + row + headerBytes(header) + 1
}

/** Why the peer would not take a header; null when it would. */
export function misfit(header: Header, limits: PeerLimits): string | null {
  if (isEmpty(header) && limits.headerBytes >= 2 && limits.headerDepth >= 1) return null
  const bytes = headerBytes(header)
  if (bytes > limits.headerBytes) {
    return `A header of ${bytes} bytes is more than the ${limits.headerBytes} that the peer takes.`
  }
  const depth = depthOf(header)
  if (depth <= limits.headerDepth) return null
  return `A header of ${depth} levels is deeper than the ${limits.headerDepth} that the peer takes.`
}

function headerBytes(header: Header): number {
  if (isEmpty(header)) return 2
  return utf8.encode(JSON.stringify(header)).length
}

function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce((most: number, part) => Math.max(most, depthOf(part)), 0)
}
