import { type HelloMessage, protocolVersion } from '../wire/messages.ts'
import type { ResolvedOptions } from './options.ts'

/** What this end says of itself: the first message of a session. */
export function helloOf({ live, limits, userData }: ResolvedOptions, remembers: boolean): HelloMessage {
  const { feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond } = limits
  return {
    type: 'hello',
    version: protocolVersion,
    live,
    remembers,
    limits: { feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond },
    userData,
  }
}
