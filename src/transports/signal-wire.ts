import { Replic8Error } from '../errors.ts'

/**
 * What a client of a signalling server and the server say to each other: texts, JSON, one message each.
 * docs/SIGNALLING.md tells what each message does; a test holds that page and the table below together.
 */

/** The first message on a socket that is about signalling. */
export const signalHello = 'replic8-signal/1'

/** A `room` is a number that the client gave to one of its joined topics, for as long as it is in it. */
export type ClientMessage =
  | { type: 'join'; room: number; topic: string; id: string; secret: string }
  | { type: 'leave'; room: number }
  | { type: 'send'; room: number; to: string; data: unknown }
  | { type: 'ask'; room: number; to: string }
  | { type: 'ping' }

export type ServerMessage =
  | { type: 'peer'; room: number; id: string }
  | { type: 'gone'; room: number; id: string }
  | { type: 'message'; room: number; from: string; data: unknown }
  | { type: 'relay'; room: number; id: string; ticket: string; initiator: boolean }
  | { type: 'norelay'; room: number; id: string; code: SignalCode; detail: string }
  | { type: 'refused'; room: number; code: SignalCode; detail: string }
  | { type: 'pong' }

/** The codes that a server may give. */
export const signalCodes = ['ERR_SIGNAL', 'ERR_RELAY', 'ERR_OVER_QUOTA'] as const
export type SignalCode = (typeof signalCodes)[number]

/** Of the fields of a message; characters. */
export const signalLimits = { id: 64, detail: 256, dataDepth: 32 } as const

/**
 * The largest message that a client sends, and the largest that it takes: a server may forward less than that and may
 * not say more. Characters.
 */
export const clientLimits = { sent: 131_072, taken: 1_048_576 } as const

type Message = ClientMessage | ServerMessage
export type SignalType = Message['type']

/** Who says it, and its fields. */
export const signalTable: Record<SignalType, { sender: 'client' | 'server'; fields: readonly Field[] }> = {
  join: { sender: 'client', fields: ['room', 'topic', 'id', 'secret'] },
  leave: { sender: 'client', fields: ['room'] },
  send: { sender: 'client', fields: ['room', 'to', 'data'] },
  ask: { sender: 'client', fields: ['room', 'to'] },
  ping: { sender: 'client', fields: [] },
  peer: { sender: 'server', fields: ['room', 'id'] },
  gone: { sender: 'server', fields: ['room', 'id'] },
  message: { sender: 'server', fields: ['room', 'from', 'data'] },
  relay: { sender: 'server', fields: ['room', 'id', 'ticket', 'initiator'] },
  norelay: { sender: 'server', fields: ['room', 'id', 'code', 'detail'] },
  refused: { sender: 'server', fields: ['room', 'code', 'detail'] },
  pong: { sender: 'server', fields: [] },
}

type FieldsOf<M> = M extends unknown ? Exclude<keyof M, 'type'> : never
type Field = FieldsOf<Message>

const checks: Record<Field, (value: unknown) => boolean> = {
  room: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  topic: isHex(64),
  id: isSignalId,
  to: isSignalId,
  from: isSignalId,
  secret: isHex(32),
  ticket: isHex(64),
  initiator: (value) => typeof value === 'boolean',
  code: (value) => signalCodes.includes(value as SignalCode),
  detail: (value) => typeof value === 'string' && value.length <= signalLimits.detail,
  data: (value) => isShallow(value, signalLimits.dataDepth),
}

export function encodeSignal(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message)
}

/**
 * The message in a text, copied field by field.
 * @throws ERR_SIGNAL for anything that `sender` may not say
 */
export function decodeSignal(text: string, sender: 'client'): ClientMessage
export function decodeSignal(text: string, sender: 'server'): ServerMessage
export function decodeSignal(text: string, sender: 'client' | 'server'): Message {
  const said = parse(text)
  const type = said?.type
  const rule = isType(type) ? signalTable[type] : undefined
  if (!said || !rule || rule.sender !== sender) throw unusable('There is no such message.')
  const message: Record<string, unknown> = { type }
  for (const field of rule.fields) {
    if (!checks[field](said[field])) throw unusable(`The field ${field} of "${type}" is wrong.`)
    message[field] = said[field]
  }
  return message as Message
}

/** How a peer of a topic may be called. */
export function isSignalId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= signalLimits.id
}

/** Whether it can be written as JSON by anybody: what is deeply nested exhausts the stack of who writes it. */
export function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((part) => isShallow(part, depth - 1))
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isType(type: unknown): type is SignalType {
  return typeof type === 'string' && Object.hasOwn(signalTable, type)
}

function isHex(digits: number): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value)
}

function unusable(detail: string): Replic8Error {
  return new Replic8Error('ERR_SIGNAL', detail)
}
