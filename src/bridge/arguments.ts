import { parseArgs } from 'node:util'
import { actions, type Command, commands, type Settings, settings, UsageError } from './settings.ts'
import { put } from './settings-value.ts'
import { nearest } from './suggestions.ts'

export type Arguments =
  | { action: 'help'; command: Command | undefined }
  | { action: 'version' }
  | { action: Command; given: Settings; config: string | undefined }

/** What stands behind `replic8` on the command line. @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { command, given, said } = collect(args)
  if (said.has('help')) return { action: 'help', command }
  if (said.has('version')) return { action: 'version' }
  if (!command) {
    if (args.length === 0) return { action: 'help', command }
    throw new UsageError(`Say which command: ${Object.keys(commands).join(' or ')}.`)
  }
  return { action: command, given, config: said.get('config') as string | undefined }
}

const flags = [...settings, ...actions]
const byFlag = new Map(settings.map((setting) => [setting.flag, setting]))
const takesValue = (flag: object) => 'value' in flag

function collect(args: readonly string[]) {
  const options = Object.fromEntries(
    flags.map((flag) => [
      flag.flag,
      { type: takesValue(flag) ? 'string' : 'boolean', multiple: true } as const,
    ]),
  )
  // Not strict: its sentences would name what was typed, which may be a key.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  let command: Command | undefined
  const given: Settings = {}
  const said = new Map<string, unknown>()
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (command) throw new UsageError(`${command} takes flags and nothing else.`)
      command = commandOf(token.value)
      continue
    }
    const flag = flags.find(({ flag }) => flag === token.name && token.rawName === `--${flag}`)
    if (!flag)
      throw new UsageError(
        unknown(
          'flag',
          token.rawName,
          flags.map(({ flag }) => `--${flag}`),
        ),
      )
    const value = checkedValue(token.rawName, takesValue(flag), token)
    const setting = byFlag.get(flag.flag)
    if (setting) put(given, setting, value, token.rawName)
    else said.set(flag.flag, value)
  }
  return { command, given, said }
}

function checkedValue(
  flag: string,
  takes: boolean,
  { value, inlineValue }: { value: string | undefined; inlineValue: boolean | undefined },
): string | true {
  if (!takes && value !== undefined) throw new UsageError(`${flag} takes no value.`)
  // The next flag is no value of this one, unless it is written as one.
  const isMissing = !value || (value.startsWith('--') && !inlineValue)
  if (takes && isMissing) throw new UsageError(`${flag} takes a value.`)
  return value ?? true
}

function commandOf(word: string): Command {
  if (Object.hasOwn(commands, word)) return word as Command
  throw new UsageError(unknown('command', word, Object.keys(commands)))
}

/** Says that there is no such thing, and which one may have been meant. */
export function unknown(what: string, word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  // What was typed in the wrong place may be a key.
  const shown = word.length > 40 ? `${word.slice(0, 8)}…` : word
  return `There is no ${what} ${shown}${meant === undefined ? '' : `: did you mean ${meant}`}${meant === undefined ? '.' : '?'}`
}
