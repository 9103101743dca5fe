import pino from 'pino'
import pretty from 'pino-pretty'
import { Replic8Error } from '../errors.ts'

type Write = (fields: object, message: string) => void

/** What a bridge needs of a logger: pino's has it. */
export interface BridgeLog {
  debug: Write
  info: Write
  warn: Write
  error: Write
}

export type LogChoice = 'pretty' | 'json' | 'silent' | BridgeLog

/** Bytes. */
const mostUnwritten = 1_048_576

const levels = ['debug', 'info', 'warn', 'error'] as const

/**
 * The logger of a bridge. Whatever it is, no key reaches it: an encryption key lets anybody in, and the key of a feed,
 * which names files and stands in messages of errors, lets anybody read it.
 * @param options for 'pretty' and 'json'. `out`: file descriptor; `verbose`: also what is turned away and contained
 * Errors: ERR_BAD_OPTION.
 */
export function createLog(choice: LogChoice, { out = 1, verbose = false } = {}): BridgeLog {
  const log = loggerOf(choice, out, verbose ? 'debug' : 'info')
  const wrapped = levels.map((level) => {
    const write: Write = (fields, message) => log[level](withoutKeys(fields), withoutKeys(message))
    return [level, write]
  })
  return Object.fromEntries(wrapped) as unknown as BridgeLog
}

function loggerOf(choice: LogChoice, out: number, level: string): BridgeLog {
  // In the process itself and at once: what was logged before an exit is there.
  if (choice === 'json') return pino({ level }, jsonTo(out))
  if (choice === 'pretty')
    return pino(
      { level },
      pretty({ sync: true, destination: out, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
    )
  if (choice === 'silent') return pino({ enabled: false })
  if (choice && levels.every((level) => typeof choice[level] === 'function')) return choice
  throw new Replic8Error('ERR_BAD_OPTION', "log takes 'pretty', 'json', 'silent', or a logger.")
}

/** A log that cannot be written, on a disk that is full for one, ends nothing: the last lines of it wait for room. */
function jsonTo(out: number) {
  const destination = pino.destination({ dest: out, sync: true, maxLength: mostUnwritten })
  destination.on('error', () => {})
  return destination
}

/** 64 hex digits are a key, or a topic, which is made of one. */
export function withoutKeys<T>(value: T): T {
  if (typeof value === 'string') return value.replace(/[0-9a-f]{64}/gi, '[key]') as T
  if (value instanceof Error) return errorFields(value) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, withoutKeys(inner)])
  return (Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)) as T
}

/** What a log says of an error: no stack, since what others send can cause it, often. */
function errorFields(error: Error): object {
  const { message, cause } = error
  const { code } = error as { code?: unknown }
  return withoutKeys({
    ...(code === undefined ? {} : { code: String(code) }),
    message,
    ...(cause instanceof Error ? { cause } : {}),
  })
}
