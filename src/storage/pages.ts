/**
 * Files as pages of at most `pageSize` bytes. A page holds as many bytes as were needed so far, at most `pageSize`;
 * what is missing at its end, and a page that does not exist, reads as zeros. A file of 32 bytes costs 32 bytes.
 */

/** A part of a range of bytes that lies within one page. */
export interface Span {
  /** Number of the page. */
  index: number
  /** Where the part begins and ends in the page. */
  start: number
  end: number
  /** Where the part begins in the range. */
  at: number
}

/** The parts of `size` bytes from `offset`, page by page. */
export function spansOf(offset: number, size: number, pageSize: number): Span[] {
  const spans: Span[] = []
  for (let at = 0; at < size; ) {
    const index = Math.floor((offset + at) / pageSize)
    const start = offset + at - index * pageSize
    const end = Math.min(pageSize, start + size - at)
    spans.push({ index, start, end, at })
    at += end - start
  }
  return spans
}

/** The page in which a range begins or ends at `offset`, as a part of no bytes. */
export function edgeAt(offset: number, pageSize: number): Span {
  const index = Math.floor(offset / pageSize)
  const start = offset - index * pageSize
  return { index, start, end: start, at: 0 }
}

/** The page with `chunk` written at `start`: the same array where it is long enough, a longer one otherwise. */
export function patchPage(page: Uint8Array, start: number, chunk: Uint8Array, pageSize: number): Uint8Array {
  const end = start + chunk.length
  const patched = end <= page.length ? page : grown(page, end, pageSize)
  patched.set(chunk, start)
  return patched
}

function grown(page: Uint8Array, atLeast: number, pageSize: number): Uint8Array {
  // Doubling, because hypercore appends to its tree by 40 bytes; the first piece is taken as it is.
  const length = page.length === 0 ? atLeast : Math.max(atLeast, Math.min(pageSize, 2 * page.length))
  const longer = new Uint8Array(length)
  longer.set(page)
  return longer
}

/** Copies a part of a page into `target`, which is zero where the page ends early. */
export function copySpan(page: Uint8Array, span: Omit<Span, 'index'>, target: Uint8Array): void {
  if (span.start < page.length) target.set(page.subarray(span.start, span.end), span.at)
}
