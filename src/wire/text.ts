/** UTF-8, measured and cut without encoding. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of valid UTF-8, a byte order mark kept as it is; undefined for anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Bytes of `text` in UTF-8. A lone surrogate counts as the U+FFFD that TextEncoder makes of it. */
export function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) length += 1
    else if (unit < 0x800) length += 2
    else if (isPairAt(text, i)) {
      length += 4
      i++
    } else length += 3
  }
  return length
}

/** The longest start of `text` that takes at most `maxBytes` in UTF-8 and cuts no code point. */
export function truncateUtf8(text: string, maxBytes: number): string {
  let length = 0
  let end = 0
  for (const point of text) {
    length += utf8Length(point)
    if (length > maxBytes) break
    end += point.length
  }
  return text.slice(0, end)
}

function isPairAt(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
}
