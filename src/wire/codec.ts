/**
 * Control messages ⇄ bytes: a type byte, then the fields. docs/PROTOCOL.md writes the format down.
 * A message has exactly one encoding; the decoder refuses every other.
 */

import { Replic8Error } from '../errors.ts'
import { parseHeader, parseUserData } from './header.ts'
import { type DecodeLimits, textBytes } from './limits.ts'
import { messageIds } from './message-table.ts'
import {
  type CaughtUpMessage,
  type ControlMessage,
  type EndedOffer,
  endReasons,
  type HelloMessage,
  type MessageType,
  type OfferLengths,
  protocolVersion,
} from './messages.ts'
import { readAnswer, readLengths, readOffer, writeAnswer, writeLengths, writeOffer } from './offer-page.ts'
import { malformed, Reader } from './reader.ts'
import {
  readCompare,
  readMemory,
  readRanges,
  readRecall,
  writeCompare,
  writeMemory,
  writeRanges,
  writeRecall,
} from './reconciling.ts'
import { readRuns, writeRuns } from './runs.ts'
import { truncateUtf8 } from './text.ts'
import { Writer } from './writer.ts'

export { type DecodeLimits, maxFeedsPerPage } from './limits.ts'

type MessageOf<Type extends MessageType> = Extract<ControlMessage, { type: Type }>
type Codecs = {
  [Type in MessageType]: {
    write(to: Writer, message: MessageOf<Type>): void
    read(from: Reader, limits: DecodeLimits): MessageOf<Type>
  }
}

/** Bytes that a row of each list takes at least: an id and a reason, an id and a count. */
const rowBytes = 2

const codecs: Codecs = {
  hello: { write: writeHello, read: readHello },
  offer: { write: writeOffer, read: readOffer },
  batch: { write: () => {}, read: () => ({ type: 'batch' }) },
  answer: { write: writeAnswer, read: readAnswer },
  withdraw: endedOffers('withdraw'),
  release: endedOffers('release'),
  update: {
    write(to, { id, header }) {
      to.varint(id)
      to.text(JSON.stringify(header))
    },
    read: (from, limits) => ({
      type: 'update',
      id: from.varint(),
      header: parseHeader(from.text(), limits),
    }),
  },
  length: { write: writeRows, read: (from) => ({ type: 'length', offers: readRows(from) }) },
  'caught-up': { write: writeCaughtUp, read: readCaughtUp },
  done: {
    write(to, { shared, sent, received }) {
      to.flag(shared)
      to.varint(sent)
      to.varint(received)
    },
    read: (from) => ({
      type: 'done',
      shared: from.flag(),
      sent: from.varint(),
      received: from.varint(),
    }),
  },
  bye: {
    write(to, { code, message }) {
      to.text(truncateUtf8(code, textBytes.byeCode))
      to.text(truncateUtf8(message, textBytes.byeMessage))
    },
    read: (from) => ({
      type: 'bye',
      code: from.text(textBytes.byeCode),
      message: from.text(textBytes.byeMessage),
    }),
  },
  extension: {
    write(to, { name, payload }) {
      to.text(name, textBytes.extensionName)
      to.raw(payload)
    },
    read: (from) => ({
      type: 'extension',
      name: from.text(textBytes.extensionName),
      payload: from.view(from.remaining).slice(),
    }),
  },
  ping: token('ping'),
  pong: token('pong'),
  memory: { write: writeMemory, read: readMemory },
  compare: { write: writeCompare, read: readCompare },
  ranges: { write: writeRanges, read: readRanges },
  recall: { write: writeRecall, read: readRecall },
}

const types: MessageType[] = []
for (const type of Object.keys(messageIds) as MessageType[]) types[messageIds[type]] = type

/**
 * The bytes of a message, in a buffer of their own.
 * The code and the message of a bye are cut to 64 and 1,024 bytes; a lone surrogate in a text becomes U+FFFD.
 * @throws ERR_BAD_ARGUMENT for what has no encoding: a number that is no whole one from 0 to 2^53 - 1, a key that
 *   has not 32 bytes, a page without feeds or with more than {@link maxFeedsPerPage}, a text that is too long
 */
export function encodeMessage(message: ControlMessage): Uint8Array {
  const to = new Writer()
  to.byte(messageIds[message.type])
  const write: (to: Writer, message: never) => void = codecs[message.type].write
  write(to, message as never)
  return to.finish()
}

/**
 * The message in `bytes`, which holds nothing else. The result keeps no reference to `bytes`; the keys of an offer
 * share one buffer of their own. Objects from JSON have no prototype. What is allocated is proportional to the
 * input, plus at most {@link maxFeedsPerPage} booleans for an answer.
 * @throws ERR_PROTOCOL when the bytes are not the one encoding of a message; ERR_UNSUPPORTED_VERSION for the hello
 *   of another version, of which no more is read; ERR_OFFER_TOO_LARGE for a page over `feedsPerPage` or `pageBytes`
 *   or a header over `headerBytes`; ERR_BAD_HEADER for a header that is no object, deeper than `headerDepth`, or
 *   has a key `__proto__` or `constructor`
 */
export function decodeMessage(bytes: Uint8Array, limits: DecodeLimits): ControlMessage {
  // A Buffer's slice() would be a view, so only its memory is taken.
  const from = new Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
  const type = types[from.byte()]
  if (type === undefined) malformed('A message has an unknown type.')
  const message = codecs[type].read(from, limits)
  from.end()
  return message
}

function writeHello(to: Writer, { version, live, remembers, limits, userData }: HelloMessage): void {
  to.varint(version)
  to.flag(live)
  to.flag(remembers)
  to.varint(limits.feedsPerPage)
  to.varint(limits.pageBytes)
  to.varint(limits.headerBytes)
  to.varint(limits.headerDepth)
  to.varint(limits.offersOutstanding)
  to.varint(limits.controlPerSecond)
  to.text(JSON.stringify(userData), textBytes.userData)
}

function readHello(from: Reader): HelloMessage {
  const version = from.varint()
  // Another version may go on in another way, so nothing behind the number can be judged.
  if (version !== protocolVersion) {
    throw new Replic8Error(
      'ERR_UNSUPPORTED_VERSION',
      `The peer speaks version ${version}, not ${protocolVersion}.`,
    )
  }
  const live = from.flag()
  const remembers = from.flag()
  const limits = {
    feedsPerPage: from.varint(),
    pageBytes: from.varint(),
    headerBytes: from.varint(),
    headerDepth: from.varint(),
    offersOutstanding: from.varint(),
    controlPerSecond: from.varint(),
  }
  const userData = parseUserData(from.text(textBytes.userData))
  return { type: 'hello', version, live, remembers, limits, userData }
}

function endedOffers<Type extends 'withdraw' | 'release'>(type: Type) {
  return {
    write(to: Writer, { offers }: { offers: EndedOffer[] }) {
      to.varint(offers.length)
      for (const { id, reason } of offers) {
        to.varint(id)
        to.word(endReasons, reason)
      }
    },
    read(from: Reader) {
      const row = () => ({ id: from.varint(), reason: from.word(endReasons) })
      return { type, offers: Array.from({ length: from.count(rowBytes) }, row) }
    },
  }
}

function writeRows(to: Writer, { offers }: { offers: OfferLengths[] }): void {
  to.varint(offers.length)
  for (const { id, lengths } of offers) {
    to.varint(id)
    writeLengths(to, lengths)
  }
}

function readRows(from: Reader): OfferLengths[] {
  const row = () => ({ id: from.varint(), lengths: readLengths(from) })
  return Array.from({ length: from.count(rowBytes) }, row)
}

function writeCaughtUp(to: Writer, message: CaughtUpMessage): void {
  writeRows(to, message)
  writeRuns(to, message.asOffered)
}

function readCaughtUp(from: Reader): CaughtUpMessage {
  return { type: 'caught-up', offers: readRows(from), asOffered: readRuns(from) }
}

function token<Type extends 'ping' | 'pong'>(type: Type) {
  return {
    write: (to: Writer, message: { token: number }) => to.varint(message.token),
    read: (from: Reader) => ({ type, token: from.varint() }),
  }
}
