import { type Setting, type Settings, UsageError } from './settings.ts'

/**
 * Puts a value into settings, behind those that a flag or a list gave before.
 * @param given text from a flag, anything from a file
 * @param called how the setting is called where it was given
 * @throws UsageError
 */
export function put(into: Settings, { name, kind }: Setting, given: unknown, called: string): void {
  const target = into as Record<string, unknown>
  if (kind === 'list') target[name] = [...((target[name] as string[]) ?? []), ...listOf(given, called)]
  else if (kind === 'limits') target[name] = { ...(target[name] as object), ...limitsOf(given, called) }
  else target[name] = readers[kind](given, called)
}

const readers = {
  text: textOf,
  path: textOf,
  size: sizeOf,
  number: (given: unknown, called: string) => wholeNumber(given, `${called} takes a whole number.`),
  switch(given: unknown, called: string) {
    if (typeof given === 'boolean') return given
    throw new UsageError(`${called} is on or off and takes no value.`)
  },
}

function textOf(given: unknown, called: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw new UsageError(`${called} takes a value.`)
}

function listOf(given: unknown, called: string): string[] {
  return (Array.isArray(given) ? given : [given]).map((one) => textOf(one, called))
}

const units: Record<string, number> = {
  ...{ '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 },
  ...{ kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, tib: 1024 ** 4 },
  ...{ kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
}

function sizeOf(given: unknown, called: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(given).trim())
  const unit = match && units[(match[2] as string).toLowerCase()]
  if (match && unit) return Math.floor(Number(match[1]) * unit)
  throw new UsageError(`${called} takes a size such as 500MB, 20GiB or a number of bytes.`)
}

function limitsOf(given: unknown, called: string): Record<string, number> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, limitOf(name, value)]))
  const match = /^(\w+)=(.+)$/.exec(String(given))
  if (!match) throw new UsageError(`${called} takes name=value, such as connections=1000.`)
  const [, name, value] = match as unknown as [string, string, string]
  return { [name]: limitOf(name, value) }
}

function limitOf(name: string, value: unknown): number {
  if (/^(inf|infinity)$/i.test(String(value))) return Infinity
  return wholeNumber(value, `The limit ${name} takes a whole number, or Infinity.`)
}

function wholeNumber(given: unknown, otherwise: string): number {
  const number = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw new UsageError(otherwise)
}
