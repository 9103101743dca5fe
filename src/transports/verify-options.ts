import { Replic8Error } from '../errors.ts'

/**
 * Checks an option that counts something.
 * @throws ERR_BAD_OPTION unless `value` is a whole number from `least` to `most`
 */
export function verifyNumber(name: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw new Replic8Error('ERR_BAD_OPTION', `${name} must be a whole number from ${least} to ${most}.`)
}

/** The longest delay that a timer keeps: setTimeout runs anything above at once. */
export const longestTimeout = 2 ** 31 - 1

/**
 * Checks an option that is a time in milliseconds.
 * @throws ERR_BAD_OPTION
 */
export function verifyTimeout(name: string, value: unknown): void {
  verifyNumber(name, value, 1, longestTimeout)
}

/** The bytes of a topic or key as a transport gets them. @throws ERR_BAD_ARGUMENT unless they are 32 */
export function verify32Bytes(name: string, value: unknown): void {
  if (value instanceof Uint8Array && value.length === 32) return
  throw new Replic8Error('ERR_BAD_ARGUMENT', `${name} must be 32 bytes.`)
}
