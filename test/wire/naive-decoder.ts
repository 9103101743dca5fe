/**
 * A second decoder of docs/PROTOCOL.md: it eats hex digits from the front of a string, shares no code with src/
 * and cares for nothing but being plainly right. Messages come out as the vectors write them.
 */
interface Limits {
  feedsPerPage: number
  pageBytes: number
  headerBytes: number
  headerDepth: number
}

const answerReasons = ['declined', 'no-handler', 'accept-timeout', 'handler-failed', 'over-limit']
const endReasons = ['withdrawn', 'core-failed', 'core-closed', 'over-limit']

/** The message in JSON. Throws an Error whose message is the error code. */
export function naiveDecode(hex: string, limits: Limits): unknown {
  let rest = hex

  const refuseUnless = (fine: boolean, code = 'ERR_PROTOCOL') => {
    if (!fine) throw new Error(code)
  }
  const take = (bytes: number): string => {
    refuseUnless(rest.length >= 2 * bytes)
    const taken = rest.slice(0, 2 * bytes)
    rest = rest.slice(2 * bytes)
    return taken
  }
  const byte = (): number => Number.parseInt(take(1), 16)
  const flag = (): boolean => {
    const value = byte()
    refuseUnless(value === 0 || value === 1)
    return value === 1
  }
  const number = (): number => {
    const groups: number[] = []
    do groups.push(byte())
    while ((groups.at(-1) as number) > 127 && groups.length < 9)
    refuseUnless((groups.at(-1) as number) < 128)
    refuseUnless(groups.length === 1 || groups.at(-1) !== 0)
    const value = groups.reduceRight((sum, group) => sum * 128n + BigInt(group & 127), 0n)
    refuseUnless(value < 2n ** 53n)
    return Number(value)
  }
  const text = (most = Number.MAX_SAFE_INTEGER): string => {
    const length = number()
    refuseUnless(length <= most)
    try {
      return decodeURIComponent(take(length).replace(/../g, '%$&'))
    } catch {
      throw new Error('ERR_PROTOCOL')
    }
  }
  const json = (source: string): unknown => {
    try {
      return JSON.parse(source)
    } catch {
      throw new Error('ERR_PROTOCOL')
    }
  }
  const reason = (words: string[]): string => {
    const word = words[byte()]
    refuseUnless(word !== undefined)
    return word as string
  }
  const times = <Item>(count: number, item: () => Item): Item[] => {
    const items: Item[] = []
    while (items.length < count) items.push(item())
    return items
  }
  const list = <Item>(item: () => Item): Item[] => times(number(), item)
  const lengths = (): number[] => {
    const count = number()
    refuseUnless(count <= 16)
    return times(count, number)
  }
  const checkHeader = (header: unknown) => {
    refuseUnless(isObject(header) && depth(header) <= limits.headerDepth, 'ERR_BAD_HEADER')
    refuseUnless(!hasRefusedKey(header), 'ERR_BAD_HEADER')
    const bytes = Buffer.byteLength(JSON.stringify(header))
    refuseUnless(bytes <= limits.headerBytes, 'ERR_OFFER_TOO_LARGE')
  }

  const hello = () => {
    const version = number()
    refuseUnless(version === 1, 'ERR_UNSUPPORTED_VERSION')
    const live = flag()
    const remembers = flag()
    const [feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond] = times(
      6,
      number,
    )
    const source = text(65_536)
    const userData = json(source)
    refuseUnless(depth(userData) <= 32 && !hasRefusedKey(userData))
    refuseUnless(JSON.stringify(userData) === source)
    const limits = { feedsPerPage, pageBytes, headerBytes, headerDepth, offersOutstanding, controlPerSecond }
    return { type: 'hello', version, live, remembers, limits, userData }
  }

  const offer = () => {
    refuseUnless(hex.length <= 2 * limits.pageBytes, 'ERR_OFFER_TOO_LARGE')
    const first = number()
    const namespace = flag() ? text() : null
    const count = number()
    refuseUnless(count <= limits.feedsPerPage && count <= 16_384, 'ERR_OFFER_TOO_LARGE')
    refuseUnless(count > 0 && BigInt(first) + BigInt(count) <= 2n ** 53n)
    const keys = times(count, () => take(32))
    const rows = times(count, lengths)
    const source = text()
    const headers = source === '' ? times(count, () => ({})) : json(source)
    refuseUnless(Array.isArray(headers) && headers.length === count)
    for (const header of headers as unknown[]) checkHeader(header)
    const isEmpty = (headers as object[]).every((header) => Object.keys(header).length === 0)
    refuseUnless(source === (isEmpty ? '' : JSON.stringify(headers)))
    return { type: 'offer', first, namespace, keys, lengths: rows, headers }
  }

  const answer = () => {
    const first = number()
    const count = number()
    refuseUnless(count > 0 && count <= 16_384 && BigInt(first) + BigInt(count) <= 2n ** 53n)
    const form = byte()
    const why = reason(answerReasons)
    refuseUnless(form <= 2)
    const bits = form === 2 ? times(Math.ceil(count / 8), bitsOfByte).flat() : []
    const accepted = form === 2 ? bits.slice(0, count) : times(count, () => form === 0)
    refuseUnless(!bits.slice(count).includes(true))
    refuseUnless(form !== 2 || new Set(accepted).size === 2)
    return { type: 'answer', first, accepted, reason: why }
  }
  const bitsOfByte = (): boolean[] => {
    const digits = byte().toString(2).padStart(8, '0')
    return [...digits].reverse().map((digit) => digit === '1')
  }

  const update = () => {
    const id = number()
    const source = text()
    refuseUnless(Buffer.byteLength(source) <= limits.headerBytes, 'ERR_OFFER_TOO_LARGE')
    const header = json(source)
    checkHeader(header)
    refuseUnless(JSON.stringify(header) === source)
    return { type: 'update', id, header }
  }

  const runs = () => {
    let next = 0
    const all = list(() => {
      const from = next + number()
      const count = 1 + number()
      next = from + count + 1
      refuseUnless(Number.isSafeInteger(next))
      return { from, count }
    })
    refuseUnless(all.reduce((sum, { count }) => sum + count, 0) <= 16_384)
    return all
  }
  const sections = () => {
    const count = number()
    refuseUnless(count <= 64)
    return times(count, () => {
      const namespace = flag() ? text() : null
      const count = number()
      refuseUnless(count > 0)
      return { namespace, count, print: take(16) }
    })
  }
  const compare = () => {
    const section = number()
    const bits = byte()
    const count = number()
    refuseUnless(bits <= 30 && count > 0 && count <= 4_096)
    let next = 0
    const prefixes = times(count, () => {
      const prefix = next + number()
      next = prefix + 1
      return prefix
    })
    refuseUnless(next <= 2 ** bits)
    return { type: 'compare', section, bits, prefixes }
  }
  const ranges = () => {
    const section = number()
    const count = number()
    refuseUnless(count > 0 && count <= 4_096)
    const parts = times(count, () => {
      const form = number()
      return { divided: form === 0, prints: take(6 * (form === 0 ? 8 : form - 1)) }
    })
    return { type: 'ranges', section, parts }
  }
  const recall = () => {
    const first = number()
    const section = number()
    const which = runs()
    const count = which.reduce((sum, run) => sum + run.count, 0)
    refuseUnless(count > 0 && BigInt(first) + BigInt(count) <= 2n ** 53n)
    return { type: 'recall', first, section, runs: which, check: take(16) }
  }

  const ended = (type: string) => ({
    type,
    offers: list(() => ({ id: number(), reason: reason(endReasons) })),
  })
  const rowsOf = (type: string) => ({ type, offers: list(() => ({ id: number(), lengths: lengths() })) })
  const messages = [
    hello,
    offer,
    () => ({ type: 'batch' }),
    answer,
    () => ended('withdraw'),
    () => ended('release'),
    update,
    () => rowsOf('length'),
    () => ({ ...rowsOf('caught-up'), asOffered: runs() }),
    () => ({ type: 'done', shared: flag(), sent: number(), received: number() }),
    () => ({ type: 'bye', code: text(64), message: text(1024) }),
    () => ({ type: 'extension', name: text(128), payload: take(rest.length / 2) }),
    () => ({ type: 'ping', token: number() }),
    () => ({ type: 'pong', token: number() }),
    () => ({ type: 'memory', sections: sections() }),
    compare,
    ranges,
    recall,
  ]
  const read = messages[byte()]
  refuseUnless(read !== undefined)
  const message = (read as () => unknown)()
  refuseUnless(rest === '')
  return message
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depth))
}

function hasRefusedKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([key, item]) => key === '__proto__' || key === 'constructor' || hasRefusedKey(item),
  )
}
