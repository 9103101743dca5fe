import { fromHex, toHex } from '../../src/bytes.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'

/** A message as the vectors write it: keys and payloads are hex digits. */
export type MessageJson = { type: string } & Record<string, unknown>

export function toJson(message: ControlMessage): MessageJson {
  if (message.type === 'offer') return { ...message, keys: message.keys.map(toHex) }
  if (message.type === 'extension') return { ...message, payload: toHex(message.payload) }
  return { ...message }
}

export function fromJson(json: MessageJson): ControlMessage {
  if (json.type === 'offer') return { ...json, keys: (json.keys as string[]).map(fromHex) } as never
  if (json.type === 'extension') return { ...json, payload: fromHex(json.payload as string) } as never
  return json as never
}
