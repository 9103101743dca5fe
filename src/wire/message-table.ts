import type { ErrorCode } from '../errors.ts'
import type { MessageType } from './messages.ts'

/** The first byte of each message. */
export const messageIds: Record<MessageType, number> = {
  hello: 0,
  offer: 1,
  batch: 2,
  answer: 3,
  withdraw: 4,
  release: 5,
  update: 6,
  length: 7,
  'caught-up': 8,
  done: 9,
  bye: 10,
  extension: 11,
  ping: 12,
  pong: 13,
  memory: 14,
  compare: 15,
  ranges: 16,
  recall: 17,
}

/** Who sends a message and when, as docs/PROTOCOL.md says it in the same words. */
export interface MessageRule {
  /** Of an offer's two sides the one that made it or the one that got it; either for what is about no offer. */
  sender: 'either side' | 'the offering side' | 'the accepting side'
  legal: string
  /** What the receiver ends the session with when the message breaks a rule. */
  errors: ErrorCode[]
}

export const messageTable: Record<MessageType, MessageRule> = {
  hello: {
    sender: 'either side',
    legal: 'once, before every other message',
    errors: ['ERR_PROTOCOL', 'ERR_UNSUPPORTED_VERSION'],
  },
  offer: {
    sender: 'the offering side',
    legal: "while fewer pages than the receiver's offersOutstanding are unanswered",
    errors: ['ERR_PROTOCOL', 'ERR_TOO_MANY_OFFERS', 'ERR_OFFER_TOO_LARGE', 'ERR_BAD_HEADER'],
  },
  batch: {
    sender: 'either side',
    legal: 'once, after the offers of every share made before the session opened',
    errors: ['ERR_PROTOCOL'],
  },
  answer: {
    sender: 'the accepting side',
    legal: 'once for each page, in any order of pages',
    errors: ['ERR_PROTOCOL'],
  },
  withdraw: {
    sender: 'the offering side',
    legal: 'for an offer that was sent, whether it is answered or not',
    errors: ['ERR_PROTOCOL'],
  },
  release: {
    sender: 'the accepting side',
    legal: 'for an offer that this side accepted',
    errors: ['ERR_PROTOCOL'],
  },
  update: {
    sender: 'the offering side',
    legal: 'for an offer that was sent, whether it is answered or not',
    errors: ['ERR_PROTOCOL', 'ERR_OFFER_TOO_LARGE', 'ERR_BAD_HEADER'],
  },
  length: {
    sender: 'the offering side',
    legal: 'for an offer that the other side accepted',
    errors: ['ERR_PROTOCOL'],
  },
  'caught-up': {
    sender: 'the accepting side',
    legal: 'for an offer that this side accepted',
    errors: ['ERR_PROTOCOL'],
  },
  done: {
    sender: 'either side',
    legal: 'when this side is done, and again when a later share changes that',
    errors: ['ERR_PROTOCOL'],
  },
  bye: {
    sender: 'either side',
    legal: 'once, after every other message',
    errors: ['ERR_PROTOCOL'],
  },
  extension: {
    sender: 'either side',
    legal: 'at any time',
    errors: ['ERR_PROTOCOL'],
  },
  ping: {
    sender: 'either side',
    legal: 'at any time',
    errors: ['ERR_PROTOCOL'],
  },
  pong: {
    sender: 'either side',
    legal: 'once for each ping',
    errors: ['ERR_PROTOCOL'],
  },
  memory: {
    sender: 'the accepting side',
    legal: 'once, after a hello that announces it, before every message but extension, ping and pong',
    errors: ['ERR_PROTOCOL'],
  },
  compare: {
    sender: 'the offering side',
    legal: 'for the memory that was received, at most 16 times a section, before its batch',
    errors: ['ERR_PROTOCOL'],
  },
  ranges: {
    sender: 'the accepting side',
    legal: 'once for each compare, in their order',
    errors: ['ERR_PROTOCOL'],
  },
  recall: {
    sender: 'the offering side',
    legal: 'as an offer, before its batch',
    errors: ['ERR_PROTOCOL', 'ERR_TOO_MANY_OFFERS', 'ERR_OFFER_TOO_LARGE'],
  },
}
