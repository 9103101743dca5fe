/**
 * Who counts as one: an IPv4 address is itself, also within IPv6. Of an IPv6 address the first 64 bits count, since
 * whoever has one mostly has all that begin like it (RFC 6177).
 */
export function addressGroup(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase()
  const inside = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1]
  if (inside) return inside
  if (!bare.includes(':')) return bare
  const [front = '', back] = bare.split('::')
  const groups = front.split(':').filter((group) => group !== '')
  const tail = (back ?? '').split(':').filter((group) => group !== '')
  // An IPv4 address at the end stands for two groups.
  const tailLength = tail.length + (tail.at(-1)?.includes('.') ? 1 : 0)
  const zeros = back === undefined ? 0 : Math.max(0, 8 - groups.length - tailLength)
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4)
  return `${all.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
