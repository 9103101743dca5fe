import type { Hypercore } from '../src/entry/index.ts'
import { blocksHere, promised } from './cores.ts'
import { type FileHeader, short } from './header.ts'
import type { Feed, Library } from './library.ts'

/** Bytes of a block. */
const blockBytes = 64 * 1024
/** Blocks that are appended or read at a time. */
const batch = 16

/** A file on its way into a feed. */
export interface Import {
  name: string
  size: number
  done: number
}

/** Makes a feed of a file. Rejects when the file cannot be read, or the storage is full. */
export function addFile(library: Library, file: File, author: string, onbytes: (bytes: number) => void) {
  const header: FileHeader = {
    kind: 'file',
    name: short(file.name || 'Unnamed'),
    type: short(file.type),
    size: file.size,
    length: Math.ceil(file.size / blockBytes),
    author,
  }
  return library.create(header, async (core) => {
    for (let start = 0; start < file.size; start += batch * blockBytes) {
      const bytes = new Uint8Array(await file.slice(start, start + batch * blockBytes).arrayBuffer())
      await promised<number>((done) => core.append(blocksOf(bytes), done))
      onbytes(start + bytes.length)
    }
  })
}

function blocksOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / blockBytes)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * blockBytes, (i + 1) * blockBytes))
}

/** Whether every block that the header speaks of is here. */
export function isWhole({ core, header }: Feed): boolean {
  return core.opened && core.length >= header.length && blocksHere(core) === core.length
}

/** The file of a feed that is whole. Its type is what the author says: open only what `canOpen`. */
export async function blobOf(feed: Feed): Promise<Blob> {
  const core: Hypercore<Uint8Array> = feed.core
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let start = 0; start < core.length; start += batch) {
    const end = Math.min(start + batch, core.length)
    const blocks = await promised<Uint8Array[]>((done) => core.getBatch(start, end, done))
    for (const block of blocks) parts.push(new Uint8Array(block))
  }
  return new Blob(parts, { type: safeType(feed.header as FileHeader) })
}

/** Types that the browser shows and never runs: a page opened from here would act in the name of this one. */
const inert = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/
const text = /^(text\/(?!html)[\w.+-]+|application\/json)$/

function safeType({ type }: FileHeader): string {
  if (inert.test(type)) return type
  return text.test(type) ? 'text/plain;charset=utf-8' : 'application/octet-stream'
}

export const canOpen = (header: FileHeader) => safeType(header) !== 'application/octet-stream'
