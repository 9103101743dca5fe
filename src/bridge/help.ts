import { actions, type Command, commands, settings } from './settings.ts'

/** Flags of no use to one of the commands. */
const notIn: Record<Command, readonly string[]> = { bridge: [], demo: ['key', 'key-file'] }

export function helpText(command?: Command): string {
  const list = Object.entries(commands).map(([name, what]) => `  replic8 ${name.padEnd(8)} ${what}`)
  const flags = [...settings, ...actions]
    .filter(({ flag }) => command === undefined || !notIn[command].includes(flag))
    .map((one) => {
      const left = `  --${one.flag}${'value' in one && one.value ? ` <${one.value}>` : ''}`
      return `${left.padEnd(28)} ${one.help}`
    })
  const usage = command
    ? [`replic8 ${command}: ${commands[command]}`]
    : ['Usage: replic8 <command> [flags]', '', ...list]
  return [...usage, '', ...flags, '', 'All of it: docs/BRIDGE.md in the package.', ''].join('\n')
}
