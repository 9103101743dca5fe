/** The stream cipher of a connection, in place of the package xsalsa20-universal and with its shape. */
import xsalsa20 from 'xsalsa20'

/**
 * All instances of the package xsalsa20 share one WebAssembly memory, which may grow to 1,000 pages and never
 * shrinks: long messages go in slices.
 */
const sliceBytes = 65_536

export class XSalsa20 {
  readonly #cipher: { update(input: Uint8Array, output: Uint8Array): void; finalize(): void }

  constructor(nonce: Uint8Array, key: Uint8Array) {
    this.#cipher = xsalsa20(nonce, key)
  }

  /** Continues the stream where the last call ended; `out` may be `message` itself. */
  update(out: Uint8Array, message: Uint8Array): void {
    for (let start = 0; start < message.length; start += sliceBytes) {
      const end = Math.min(start + sliceBytes, message.length)
      this.#cipher.update(message.subarray(start, end), out.subarray(start, end))
    }
  }

  final(): void {
    this.#cipher.finalize()
  }
}

// CommonJS requires this module and takes the class itself.
export { XSalsa20 as default, XSalsa20 as 'module.exports' }
