/** What a decoder takes before it refuses: a part of the session's limits. */
export interface DecodeLimits {
  /** Feeds in one page of offers. */
  feedsPerPage: number
  /** Bytes of one offer message, from its type byte to its end. */
  pageBytes: number
  /** Bytes of one header's JSON text in UTF-8. */
  headerBytes: number
  /** Objects and arrays inside each other in one header; the header itself is the first. */
  headerDepth: number
}

/**
 * The most feeds that any page may have, whatever a peer's hello allows: an answer that takes all or nothing
 * has the same few bytes for a page of any size, so the protocol itself bounds what it can expand to.
 */
export const maxFeedsPerPage = 16_384

/** Lengths in one row: the cores behind one offered key. */
export const maxLengthsPerRow = 16

/** Bytes of a public key. */
export const keyBytes = 32

/** Bytes of texts in UTF-8. */
export const textBytes = {
  userData: 65_536,
  byeCode: 64,
  byeMessage: 1_024,
  extensionName: 128,
} as const

/** The most that headerDepth can allow: what walks through JSON goes as deep on the stack. */
export const maxHeaderDepth = 256

/** Objects and arrays inside each other in userData: fixed, as hello comes before any limit is known. */
export const userDataDepth = 32

/** Bytes of the fingerprint of a range, and of what names an item in a range that is listed. */
export const printBytes = 6

/** Bytes of the fingerprint of a page that is recalled. */
export const checkBytes = 16

/** Namespaces that a memory can speak of. */
export const maxSections = 64

/** Bits that the smallest ranges have in common. */
export const maxRangeBits = 30

/** Bits by which a range that differs is divided further: into 8 ranges. */
export const splitBits = 3

/** Ranges that one message can ask for. */
export const maxRangesAsked = 4096
