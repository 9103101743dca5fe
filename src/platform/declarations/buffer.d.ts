/**
 * What the declarations of replic8 call `Buffer`: Node's own type where @types/node is installed, and otherwise the
 * part of it that is the same in a browser. Either is a Uint8Array.
 */
export type Buffer = typeof globalThis extends {
  // biome-ignore lint/suspicious/noExplicitAny: it has to match the signature of @types/node
  Buffer: { isBuffer(value: any): value is infer NodeBuffer extends Uint8Array }
}
  ? NodeBuffer
  : BrowserBuffer

export interface BrowserBuffer extends Uint8Array {
  toString(encoding?: 'utf8' | 'utf-8' | 'hex' | 'base64' | 'ascii' | 'latin1'): string
  equals(other: Uint8Array): boolean
  compare(other: Uint8Array): -1 | 0 | 1
}
