import { profileNames } from '../profiles.ts'

const units = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** Such as "1.4 MB"; 1 KB is 1,024 bytes. */
export function inBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit === 0 && bytes === 1 ? 'byte' : units[unit]}`
}

/** Such as "1 block" or "2 blocks". */
export const counted = (count: number, one: string) =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`

/** A line ends between two facts, not within one. */
export const unbroken = (fact: string) => (fact.length < 40 ? fact.replaceAll(' ', '\u00a0') : fact)

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

/** The time of day, and the date when it was not today. */
export function when(time: number): string {
  const date = new Date(time)
  const today = date.toDateString() === new Date().toDateString()
  return today ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`
}

export const initialOf = (name: string) => (Array.from(name)[0] ?? '?').toUpperCase()

/** The style of a profile; a name of our own choice only, never a peer's text. */
export function colourOf(name: string): string {
  return profileNames.find((known) => name === known || name.startsWith(`${known} `))?.toLowerCase() ?? 'none'
}
