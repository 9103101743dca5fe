/**
 * BLAKE2b (RFC 7693) for the browser: WebAssembly where it may run, JavaScript until it is compiled and wherever
 * a page's Content-Security-Policy forbids it. The package blake2b decides once, before WebAssembly is ready, and
 * then stays slow for good; hence this choice at each call.
 */
import { blake2b } from '@noble/hashes/blake2.js'
import blake2bWasm from 'blake2b-wasm'

/** Writes the hash of the chunks, put together, into `out`; its length is the length of the hash. */
export type Hash = (out: Uint8Array, chunks: readonly Uint8Array[], key?: Uint8Array | null) => void

/** The WebAssembly memory grows to its largest input and never shrinks, so long inputs go in slices. */
const sliceBytes = 65_536

let wasmReady = false
blake2bWasm.ready((error?: Error) => {
  wasmReady = !error
})

export const hashInJavaScript: Hash = (out, chunks, key) => {
  const hash = blake2b.create(key?.length ? { dkLen: out.length, key } : { dkLen: out.length })
  for (const chunk of chunks) hash.update(chunk)
  out.set(hash.digest())
}

/** Usable once `blake2bWasm.ready` said so; never interleaved, since all hashes share one memory. */
export const hashInWebAssembly: Hash = (out, chunks, key) => {
  const hash = blake2bWasm(out.length, key?.length ? key : null)
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += sliceBytes) {
      hash.update(chunk.subarray(start, start + sliceBytes))
    }
  }
  hash.digest(out)
}

export const hash: Hash = (out, chunks, key) => {
  if (wasmReady) hashInWebAssembly(out, chunks, key)
  else hashInJavaScript(out, chunks, key)
}
