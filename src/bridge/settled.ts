import { isReadableByOthers, readConfig, readKeys, readText } from './config-file.ts'
import type { BridgeOptions } from './options.ts'
import { type Settings, UsageError } from './settings.ts'

/** What a command goes by in the end. */
export interface Settled {
  options: BridgeOptions & { log: 'pretty' | 'json' }
  verbose: boolean
  /** What the person who started it should know. */
  warnings: string[]
}

interface Sources {
  flags: Settings
  /** Path of a config file. */
  config: string | undefined
  env: Record<string, string | undefined>
}

/** Flags come before the environment, and that before the config file. @throws UsageError */
export function settle({ flags, config, env }: Sources): Settled {
  const file = config === undefined ? {} : readConfig(config)
  const ofEnv: Settings = env.REPLIC8_KEY ? { keys: env.REPLIC8_KEY.split(/[\s,]+/).filter(Boolean) } : {}
  const byKeys = [flags, ofEnv, file].find(({ keys, keyFile }) => keys || keyFile) ?? {}
  const limits = { ...file.limits, ...flags.limits }
  const given: Settings = { ...meaningSwarm(file), ...meaningSwarm(flags), limits }
  return {
    options: optionsOf(given, byKeys),
    verbose: given.verbose ?? false,
    warnings: warningsOf(flags, byKeys, config),
  }
}

/** Who names the nodes of a DHT means to use it, unless the same place says that it is not used. */
function meaningSwarm(one: Settings): Settings {
  return one.bootstrap ? { swarm: true, ...one } : one
}

function optionsOf(given: Settings, { keys, keyFile }: Settings): Settled['options'] {
  const { cert, tlsKey, swarm, bootstrap, keys: _, keyFile: __, verbose, log, ...others } = given
  if ((cert === undefined) !== (tlsKey === undefined))
    throw new UsageError('TLS takes both, a certificate and its key: --cert and --tls-key.')
  return {
    ...others,
    log: logOf(log),
    keys: [...(keys ?? []), ...(keyFile === undefined ? [] : readKeys(keyFile))],
    ...(cert && tlsKey ? { tls: { cert: readText(cert), key: readText(tlsKey) } } : {}),
    ...(swarm ? { swarm: bootstrap ? { bootstrap } : true } : {}),
  }
}

function logOf(given: string | undefined): 'pretty' | 'json' {
  if (given === undefined) return process.stdout.isTTY ? 'pretty' : 'json'
  if (given === 'pretty' || given === 'json') return given
  throw new UsageError('The log is json or pretty.')
}

function warningsOf(flags: Settings, { keyFile }: Settings, config: string | undefined): string[] {
  const warnings: string[] = []
  if (flags.keys)
    warnings.push('A key on the command line can be seen by every user of this machine: use --key-file.')
  for (const path of [keyFile, config])
    if (path !== undefined && isReadableByOthers(path))
      warnings.push(`Other users of this machine can read ${path}.`)
  return warnings
}
