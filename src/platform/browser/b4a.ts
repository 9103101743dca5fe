/**
 * In place of the package b4a, which brings a second implementation of Buffer: what the bundled packages take
 * from it, over the one Buffer that is there anyway.
 */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const b4a = {
  isBuffer: (value: unknown) => ArrayBuffer.isView(value),
  allocUnsafe: (size: number) => Buffer.allocUnsafe(size),
  byteLength: (value: string | Uint8Array) =>
    typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength,
  copy: (source: Uint8Array, target: Uint8Array, at?: number, start?: number, end?: number) =>
    asBuffer(source).copy(target, at, start, end),
  write: (target: Uint8Array, text: string, at = 0, length = target.length - at) =>
    asBuffer(target).write(text, at, length),
  toString: (bytes: Uint8Array, encoding?: BufferEncoding, start?: number, end?: number) =>
    asBuffer(bytes).toString(encoding, start, end),
  readDoubleLE: (bytes: Uint8Array, at: number) => asBuffer(bytes).readDoubleLE(at),
  readFloatLE: (bytes: Uint8Array, at: number) => asBuffer(bytes).readFloatLE(at),
  readInt32LE: (bytes: Uint8Array, at: number) => asBuffer(bytes).readInt32LE(at),
  readUInt32LE: (bytes: Uint8Array, at: number) => asBuffer(bytes).readUInt32LE(at),
  writeDoubleLE: (bytes: Uint8Array, value: number, at: number) => asBuffer(bytes).writeDoubleLE(value, at),
  writeFloatLE: (bytes: Uint8Array, value: number, at: number) => asBuffer(bytes).writeFloatLE(value, at),
  writeInt32LE: (bytes: Uint8Array, value: number, at: number) => asBuffer(bytes).writeInt32LE(value, at),
  writeUInt32LE: (bytes: Uint8Array, value: number, at: number) => asBuffer(bytes).writeUInt32LE(value, at),
}

// CommonJS requires this module and takes the object itself.
export { b4a as default, b4a as 'module.exports' }
