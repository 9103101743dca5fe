/** What the demo says about a feed when it offers it; what a peer says is checked before it is believed to be one. */
export type FeedHeader = MessagesHeader | FileHeader

interface MessagesHeader {
  kind: 'messages'
  /** Of who writes them. */
  name: string
  /** In blocks, a message each. */
  length: number
}

export interface FileHeader {
  kind: 'file'
  name: string
  /** A media type, as the author's browser says. */
  type: string
  /** In bytes. */
  size: number
  /** In blocks. */
  length: number
  /** Who added the file: who offers it may only pass it on. */
  author: string
}

/** A header as this demo makes them, or null: then the feed is none of ours. */
export function readHeader(header: Readonly<Record<string, unknown>>): FeedHeader | null {
  const { kind, name, length } = header
  if (typeof name !== 'string' || name === '' || !isCount(length)) return null
  if (kind === 'messages') return { kind, name: short(name), length }
  const { type, size, author } = header
  if (kind !== 'file' || typeof type !== 'string' || typeof author !== 'string' || !isCount(size)) return null
  return { kind, name: short(name), type: short(type), size, length, author: short(author) }
}

/** The author of a feed, as its header says. */
export const authorOf = (header: FeedHeader) => (header.kind === 'file' ? header.author : header.name)

/** Names of files can be longer than a header may be. */
export const short = (text: string) => (text.length > 200 ? `${text.slice(0, 199)}…` : text)

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
