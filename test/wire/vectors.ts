import { readFileSync } from 'node:fs'
import type { ErrorCode } from '../../src/errors.ts'
import type { DecodeLimits } from '../../src/wire/codec.ts'
import type { MessageJson } from './message-json.ts'

interface Vectors {
  limits: DecodeLimits
  valid: { name: string; message: MessageJson; hex: string }[]
  invalid: { name: string; hex: string; code: ErrorCode }[]
}

/** Data, so that another implementation can be held to it too. */
export const vectors: Vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'))
