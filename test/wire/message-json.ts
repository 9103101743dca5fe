import { fromHex, toHex } from '../../src/bytes.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'

/** A message as the vectors write it: keys and payloads are hex digits. */
export type MessageJson = { type: string } & Record<string, unknown>

export function toJson(message: ControlMessage): MessageJson {
  return change(message as MessageJson, (value) => (value instanceof Uint8Array ? toHex(value) : value))
}

export function fromJson(json: MessageJson): ControlMessage {
  const bytes = new Set(['key', 'payload', 'prints', 'print', 'check'])
  return change(json, (value, name) => (bytes.has(name) ? fromHex(value as string) : value)) as never
}

/** A copy in which every value of a message that holds bytes is changed; an item of `keys` is a `key`. */
function change(json: MessageJson, to: (value: unknown, name: string) => unknown): MessageJson {
  const walk = (value: unknown, name: string): unknown => {
    const changed = to(value, name)
    if (changed !== value || typeof value !== 'object' || value === null) return changed
    if (Array.isArray(value)) return value.map((item) => walk(item, name === 'keys' ? 'key' : name))
    if (name === 'userData' || name === 'header' || name === 'headers') return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, key)]))
  }
  return walk(json, '') as MessageJson
}
