/** The ids of a page's feeds: the first, and as many after it as the page has feeds. */
import { maxFeedsPerPage } from './limits.ts'
import { malformed } from './reader.ts'
import { unencodable, type Writer } from './writer.ts'

export function checkPageSize(count: number): void {
  if (count === 0) unencodable('A page has at least one feed.')
  if (count > maxFeedsPerPage) unencodable(`A page has at most ${maxFeedsPerPage} feeds, not ${count}.`)
}

export function writePageIds(to: Writer, first: number, count: number): void {
  if (isPastLastId(first, count)) unencodable('The last id of a page is over 2^53 - 1.')
  to.varint(first)
}

export function checkPageIds(first: number, count: number): void {
  if (count === 0) malformed('A page has at least one feed.')
  if (isPastLastId(first, count)) malformed('The last id of a page is over 2^53 - 1.')
}

function isPastLastId(first: number, count: number): boolean {
  return first > Number.MAX_SAFE_INTEGER - (count - 1)
}
