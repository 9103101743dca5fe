/** The four messages that save an offer of what the accepting side remembers; see "Reconnecting" in docs/PROTOCOL.md. */
import { checkBytes, maxRangeBits, maxRangesAsked, maxSections, printBytes, splitBits } from './limits.ts'
import type {
  CompareMessage,
  MemoryMessage,
  MemorySection,
  RangesMessage,
  RecallMessage,
} from './messages.ts'
import { checkPageIds, writePageIds } from './page-ids.ts'
import { malformed, type Reader } from './reader.ts'
import { countOf, readRuns, writeRuns } from './runs.ts'
import { unencodable, type Writer } from './writer.ts'

/** Bytes of a part that is divided further. */
const dividedBytes = printBytes << splitBits

export function writeMemory(to: Writer, { sections }: MemoryMessage): void {
  if (sections.length > maxSections) unencodable(`A memory has ${sections.length} sections.`)
  to.varint(sections.length)
  for (const { namespace, count, print } of sections) {
    if (count === 0) unencodable('A section has at least one offer.')
    if (print.length !== checkBytes) unencodable(`The fingerprint of a section has ${print.length} bytes.`)
    to.flag(namespace !== null)
    if (namespace !== null) to.text(namespace)
    to.varint(count)
    to.raw(print)
  }
}

export function readMemory(from: Reader): MemoryMessage {
  const count = from.varint()
  if (count > maxSections) malformed(`A memory has ${count} sections, ${maxSections} are allowed.`)
  const sections: MemorySection[] = []
  while (sections.length < count) sections.push(readSection(from))
  return { type: 'memory', sections }
}

function readSection(from: Reader): MemorySection {
  const namespace = from.flag() ? from.text() : null
  const count = from.varint()
  if (count === 0) malformed('A section has at least one offer.')
  return { namespace, count, print: from.view(checkBytes).slice() }
}

export function writeCompare(to: Writer, { section, bits, prefixes }: CompareMessage): void {
  if (prefixes.length === 0 || prefixes.length > maxRangesAsked)
    unencodable(`A message asks for ${prefixes.length} ranges.`)
  if (bits > maxRangeBits || (prefixes.at(-1) as number) >= 2 ** bits)
    unencodable(`A range of ${bits} bits is ${prefixes.at(-1)}.`)
  to.varint(section)
  to.byte(bits)
  to.varint(prefixes.length)
  let next = 0
  for (const prefix of prefixes) {
    to.varint(prefix - next)
    next = prefix + 1
  }
}

export function readCompare(from: Reader): CompareMessage {
  const section = from.varint()
  const bits = from.byte()
  if (bits > maxRangeBits) malformed(`A range has ${bits} bits, ${maxRangeBits} are allowed.`)
  const count = from.count(1)
  if (count === 0 || count > maxRangesAsked) malformed(`A message asks for ${count} ranges.`)
  const prefixes: number[] = []
  for (let next = 0; prefixes.length < count; ) {
    const prefix = next + from.varint()
    prefixes.push(prefix)
    next = prefix + 1
  }
  if ((prefixes.at(-1) as number) >= 2 ** bits) malformed('A range has more bits than it says.')
  return { type: 'compare', section, bits, prefixes }
}

export function writeRanges(to: Writer, { section, parts }: RangesMessage): void {
  if (parts.length === 0 || parts.length > maxRangesAsked) unencodable(`${parts.length} ranges are told.`)
  to.varint(section)
  to.varint(parts.length)
  for (const { divided, prints } of parts) {
    const isFit = divided ? prints.length === dividedBytes : prints.length % printBytes === 0
    if (!isFit) unencodable(`A range has ${prints.length} bytes of fingerprints.`)
    to.varint(divided ? 0 : 1 + prints.length / printBytes)
    to.raw(prints)
  }
}

export function readRanges(from: Reader): RangesMessage {
  const section = from.varint()
  const count = from.count(1)
  if (count === 0 || count > maxRangesAsked) malformed(`${count} ranges are told.`)
  const parts: RangesMessage['parts'] = []
  while (parts.length < count) {
    const form = from.varint()
    const divided = form === 0
    parts.push({ divided, prints: from.view(divided ? dividedBytes : (form - 1) * printBytes).slice() })
  }
  return { type: 'ranges', section, parts }
}

export function writeRecall(to: Writer, { first, section, runs, check }: RecallMessage): void {
  if (runs.length === 0) unencodable('A page recalls at least one offer.')
  if (check.length !== checkBytes) unencodable(`A check has ${check.length} bytes.`)
  writePageIds(to, first, countOf(runs))
  to.varint(section)
  writeRuns(to, runs)
  to.raw(check)
}

export function readRecall(from: Reader): RecallMessage {
  const first = from.varint()
  const section = from.varint()
  const runs = readRuns(from)
  checkPageIds(first, countOf(runs))
  return { type: 'recall', first, section, runs, check: from.view(checkBytes).slice() }
}
