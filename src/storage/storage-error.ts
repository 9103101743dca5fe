import { messageOf, Replic8Error } from '../errors.ts'

/** What the names and codes of browsers, Node and random-access-file mean here. */
const known = new Map<string, 'ERR_STORAGE_FULL' | 'ERR_STORAGE_LOCKED' | 'ERR_NOT_FOUND'>([
  ['QuotaExceededError', 'ERR_STORAGE_FULL'],
  ['ENOSPC', 'ERR_STORAGE_FULL'],
  ['EDQUOT', 'ERR_STORAGE_FULL'],
  ['ELOCKED', 'ERR_STORAGE_LOCKED'],
  ['ENOENT', 'ERR_NOT_FOUND'],
  ['EPARTIALREAD', 'ERR_NOT_FOUND'],
])

/** An error of replic8 stays as it is; any other becomes one with a storage code, the original as its cause. */
export function storageError(error: unknown): Replic8Error {
  if (error instanceof Replic8Error) return error
  const { name, code } = (error ?? {}) as { name?: string; code?: string }
  const meaning = known.get(String(code)) ?? known.get(String(name)) ?? 'ERR_STORAGE'
  return new Replic8Error(meaning, messageOf(error ?? 'Unknown failure'), { cause: error })
}

/**
 * What a read gets that is not wholly inside the file. An ordinary answer: hypercore asks three files of every new core
 * for what they do not have, and to look for where it did so would take longer than to open the core.
 */
export function outsideOfFile(filename: string, offset: number, size: number): Replic8Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new Replic8Error(
      'ERR_NOT_FOUND',
      `Bytes ${offset} to ${offset + size} are not all in "${filename}".`,
    )
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

export function coreLocked(directory: string): Replic8Error {
  return new Replic8Error('ERR_STORAGE_LOCKED', `The core in "${directory}" is open already.`)
}
