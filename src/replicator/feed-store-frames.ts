import { crc32 } from './crc32.ts'

/**
 * How the index of a FeedStore lies in a file; numbers are 32 bits, little endian.
 *
 *   header   'r8fi' · generation · salt · bytes of the snapshot · its CRC-32 · CRC-32 of the 20 bytes before
 *   snapshot a frame for each record that was there when the file was begun
 *   tail     a frame for each record since
 *   frame    bytes of the record · CRC-32 of salt and record · the record, JSON in UTF-8
 *
 * The salt is random, new for each snapshot, and in every frame's checksum: what an earlier use of the file, or a rewrite
 * that was cut short, left behind the end is not read.
 */
export const headerBytes = 24
const frameBytes = 8
const magic = Buffer.from('r8fi')

export interface FileHeader {
  /** Counts the snapshots. */
  generation: number
  salt: number
  snapshotBytes: number
  snapshotSum: number
}

export function newSalt(): number {
  return globalThis.crypto.getRandomValues(new Uint32Array(1))[0] as number
}

export function encodeHeader(generation: number, salt: number, snapshot: Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header.writeUInt32LE(generation, 4)
  header.writeUInt32LE(salt, 8)
  header.writeUInt32LE(snapshot.length, 12)
  header.writeUInt32LE(crc32(snapshot), 16)
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20)
  return header
}

/** undefined for a header that was never finished; null for bytes that are no header. */
export function decodeHeader(bytes: Uint8Array): FileHeader | null | undefined {
  if (bytes.length < headerBytes || isUnfinished(bytes)) return undefined
  const header = Buffer.from(bytes)
  const valid =
    header.subarray(0, 4).equals(magic) && header.readUInt32LE(20) === crc32(header.subarray(0, 20))
  if (!valid) return null
  return {
    generation: header.readUInt32LE(4),
    salt: header.readUInt32LE(8),
    snapshotBytes: header.readUInt32LE(12),
    snapshotSum: header.readUInt32LE(16),
  }
}

/** A header is written last, over zeros: a crash in the middle of it leaves the zeros from some byte on. */
function isUnfinished(bytes: Uint8Array): boolean {
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(bytes.subarray(0, 20)))
  const found = bytes.subarray(20, headerBytes)
  const torn = found.findIndex((byte, i) => byte !== sum[i])
  if (found.every((byte) => byte === 0)) return true
  return torn > 0 && found.subarray(torn).every((byte) => byte === 0)
}

export function encodeFrames(salt: number, records: readonly unknown[]): Buffer {
  const seed = seedOf(salt)
  return Buffer.concat(records.flatMap((record) => encodeFrame(seed, record)))
}

/**
 * The records up to the first frame that is torn, and where that is.
 * @param proved bytes that are right, by a checksum over all of them
 */
export function decodeFrames(
  salt: number,
  bytes: Uint8Array,
  proved = 0,
): { records: unknown[]; end: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const seed = seedOf(salt)
  const records: unknown[] = []
  let end = 0
  while (end + frameBytes <= buffer.length) {
    const from = end + frameBytes
    const to = from + buffer.readUInt32LE(end)
    if (to > buffer.length) break
    if (to > proved && buffer.readUInt32LE(end + 4) !== crc32(buffer.subarray(from, to), seed)) break
    records.push(JSON.parse(buffer.toString('utf8', from, to)))
    end = to
  }
  return { records, end }
}

function encodeFrame(seed: number, record: unknown): Buffer[] {
  const json = Buffer.from(JSON.stringify(record))
  const head = Buffer.alloc(frameBytes)
  head.writeUInt32LE(json.length, 0)
  head.writeUInt32LE(crc32(json, seed), 4)
  return [head, json]
}

/** The checksum of the salt, which those of the frames go on from. */
function seedOf(salt: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(salt)
  return crc32(bytes)
}
