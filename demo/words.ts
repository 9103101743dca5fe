import { Replic8Error } from '../src/entry/index.ts'

/** An error as a person should read it: what happened, and the library's own sentence, which says what to do. */
export function inWords(what: string, error: unknown): string {
  if (error instanceof Replic8Error || error instanceof Error) return `${what} ${sentence(error.message)}`
  return `${what} ${sentence(String(error))}`
}

const sentence = (text: string) => (/[.!?…]$/.test(text) ? text : `${text}.`)
