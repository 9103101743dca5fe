/** In place of the package text-decoder: what streamx needs for `setEncoding`, over the platform's own decoder. */
class StreamDecoder {
  readonly #decoder: TextDecoder

  constructor(encoding = 'utf8') {
    this.#decoder = new TextDecoder(encoding)
  }

  push(data: Uint8Array | string): string {
    return typeof data === 'string' ? data : this.#decoder.decode(data, { stream: true })
  }

  end(): string {
    return this.#decoder.decode()
  }
}

// CommonJS requires this module and takes the class itself.
export { StreamDecoder as default, StreamDecoder as 'module.exports' }
