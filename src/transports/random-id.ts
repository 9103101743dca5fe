import { toHex } from '../bytes.ts'

/** 128 random bits as hex digits: a name that nobody else has, and that says nothing about who has it. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}
