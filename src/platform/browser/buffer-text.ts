/** Text and bytes, in the encodings of Node's Buffer. */
const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })

const hexOf = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

interface TextEncoding {
  encode(text: string): Uint8Array
  decode(bytes: Uint8Array): string
}

const codes = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))

/** `apply` takes about 100,000 arguments at most. */
function characters(units: Uint8Array | Uint16Array): string {
  let text = ''
  for (let at = 0; at < units.length; at += 4096)
    text += String.fromCharCode(...units.subarray(at, at + 4096))
  return text
}

const utf8: TextEncoding = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
}

const latin1: TextEncoding = { encode: codes, decode: characters }

const ascii: TextEncoding = { encode: codes, decode: (bytes) => characters(bytes.map((byte) => byte & 127)) }

const hex: TextEncoding = {
  /** As far as it is hex. */
  encode(text) {
    const other = text.search(/[^0-9a-f]/i)
    const length = (other === -1 ? text.length : other) >> 1
    return Uint8Array.from({ length }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16))
  },
  decode(bytes) {
    let text = ''
    for (const byte of bytes) text += hexOf[byte]
    return text
  },
}

const base64: TextEncoding = {
  /** Takes both alphabets and passes over what belongs to none. */
  encode(text) {
    const [data] = text.split('=', 1) as [string]
    const digits = data
      .replace(/[^\w+/-]/g, '')
      .replace(/-/g, '+')
      .replace(/_/g, '/')
    return codes(atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits))
  },
  decode: (bytes) => btoa(characters(bytes)),
}

const base64url: TextEncoding = {
  encode: base64.encode,
  decode: (bytes) => base64.decode(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
}

const utf16: TextEncoding = {
  encode: (text) =>
    Uint8Array.from({ length: text.length * 2 }, (_, i) => text.charCodeAt(i >> 1) >> (i % 2 ? 8 : 0)),
  decode: (bytes) =>
    characters(
      Uint16Array.from(
        { length: bytes.length >> 1 },
        (_, i) => (bytes[i * 2] as number) | ((bytes[i * 2 + 1] as number) << 8),
      ),
    ),
}

function encodingOf(name: string | undefined): TextEncoding {
  switch (name) {
    case undefined:
    case 'utf8':
    case 'utf-8':
      return utf8
    case 'hex':
      return hex
    case 'base64':
      return base64
    case 'base64url':
      return base64url
    case 'latin1':
    case 'binary':
      return latin1
    case 'ascii':
      return ascii
    case 'utf16le':
    case 'utf-16le':
    case 'ucs2':
    case 'ucs-2':
      return utf16
  }
  const lower = String(name).toLowerCase()
  if (lower === name) throw new TypeError(`Unknown encoding: ${name}`)
  return encodingOf(lower)
}

export function encodeText(text: string, encoding?: string): Uint8Array<ArrayBuffer> {
  return encodingOf(encoding || undefined).encode(text) as Uint8Array<ArrayBuffer>
}

export function decodeText(bytes: Uint8Array, encoding?: string): string {
  return encodingOf(encoding || undefined).decode(bytes)
}

/** Whole characters only, as many as there is room for; gives the number of bytes. */
export function writeText(target: Uint8Array, text: string, encoding?: string): number {
  const into = encodingOf(encoding || undefined)
  if (into === utf8) return encoder.encodeInto(text, target).written
  const bytes = into.encode(text)
  const room = into === utf16 ? target.length & ~1 : target.length
  const length = Math.min(bytes.length, room)
  target.set(bytes.subarray(0, length))
  return length
}
