import type { Frame } from './frames.ts'

/** From the wire up to the app, as docs/WHERE-TIME-GOES.md explains them; the first that fits counts. */
const layers: [layer: string, source: RegExp, name?: RegExp][] = [
  ['signatures', /^$/, /sign/],
  ['hashes', /^$/, /generichash|blake/],
  ['encryption', /^$/, /xor|xsalsa|aead|scalarmult/],
  ['garbage collection', /^$/, /^\(garbage collector\)$/],
  ['not running', /^$/, /^\(idle\)$/],
  ['the process itself', /^$/, /^\((program|root)\)$/],
  ['signatures', /^hypercore-crypto/, /sign|verify|keyPair/i],
  ['signatures', /^@noble/],
  ['hashes', /^(blake2b|hypercore-crypto)/],
  ['encryption', /^(xsalsa20|noise-|simple-handshake|hmac-|sodium-)/],
  ['transport', /^(src\/transports|ws\/|simple-peer)/],
  [
    'wire stream',
    /^(hypercore-protocol|simple-hypercore-protocol|simple-message|streamx|src\/session\/(wire-stream|stream-view|engine))/,
  ],
  ['wire stream', /^(protocol-buffers|varint|fast-fifo|queue-tick|timeout-refresh)/],
  ['storage', /^(src\/storage|random-access|src\/platform\/engine\/memory-pager|hypercore\/lib\/storage)/],
  [
    'engine',
    /^(hypercore|abstract-extension|uint64be|src\/platform|flat-tree|last-one|codecs|sparse-bitfield|bitfield|fast-bitfield|merkle|memory-pager|unordered-set|nano|atomic)/,
  ],
  ['session and negotiation', /^src\/(session|negotiation|wire)/],
  ['replicator', /^src\/replicator/],
  ['bridge', /^src\/bridge/],
  ['loading the program', /^node:internal\/(modules|deps|bootstrap)|^(bare-|node-gyp-build|require-addon)/],
  ['loading the program', /^$/, /^(compileFunction|internalModuleStat|readFileUtf8|readPackageJSON)/],
  ['Buffer and bytes', /^node:(internal\/)?buffer/],
  ['Node', /^(node:|$)/],
  ['Buffer and bytes', /^(src\/[^/]+$|buffer|b4a)/],
  ['benchmark', /^bench/],
]

export function layerOf({ name, source }: Frame): string {
  const found = layers.find(([, inSource, inName]) => inSource.test(source) && (inName?.test(name) ?? true))
  return found?.[0] ?? `package ${source.split('/')[0]}`
}
