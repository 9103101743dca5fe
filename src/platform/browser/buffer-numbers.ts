/** The methods of Node's Buffer that read and write numbers, over DataView: `readUInt32BE(offset)`, `writeDoubleLE(value, offset)`. */
type Numeric = number | bigint

interface Kind {
  /** In Node's names. */
  name: string
  /** In those of DataView, behind `get` and `set`. */
  view: string
  bytes: number
}

const kinds: Kind[] = [
  ...[1, 2, 4].flatMap((bytes) => [
    { name: `Int${bytes * 8}`, view: `Int${bytes * 8}`, bytes },
    { name: `UInt${bytes * 8}`, view: `Uint${bytes * 8}`, bytes },
  ]),
  { name: 'BigInt64', view: 'BigInt64', bytes: 8 },
  { name: 'BigUInt64', view: 'BigUint64', bytes: 8 },
  { name: 'Float', view: 'Float32', bytes: 4 },
  { name: 'Double', view: 'Float64', bytes: 8 },
]

type Access = Record<string, (offset: number, ...rest: (Numeric | boolean)[]) => Numeric>

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length) as unknown as Access

/** @throws RangeError beyond the ends, and where a number has no room */
export function defineNumbers(prototype: object): void {
  const define = (name: string, value: unknown) => {
    for (const alias of new Set([name, name.replace('UInt', 'Uint')]))
      Object.defineProperty(prototype, alias, { value, writable: true, configurable: true })
  }
  for (const { name, view, bytes } of kinds) {
    const [least, most] = rangeOf(name, bytes)
    for (const end of bytes === 1 ? [''] : ['LE', 'BE']) {
      const little = end === 'LE'
      define(`read${name}${end}`, function (this: Uint8Array, offset = 0) {
        return viewOf(this)[`get${view}`]?.(offset, little)
      })
      define(`write${name}${end}`, function (this: Uint8Array, value: Numeric, offset = 0) {
        if (value < least || value >= most) throw new RangeError(`${value} has no room in ${bytes} bytes.`)
        viewOf(this)[`set${view}`]?.(offset, value, little)
        return offset + bytes
      })
    }
  }
}

/** The least that has room, and the first number that is too large. */
function rangeOf(name: string, bytes: number): [Numeric, Numeric] {
  if (!name.includes('Int')) return [-Infinity, Number.NaN]
  const most = 2n ** BigInt(bytes * 8 - (name.includes('UInt') ? 0 : 1))
  const least = name.includes('UInt') ? 0n : -most
  return bytes > 4 ? [least, most] : [Number(least), Number(most)]
}
