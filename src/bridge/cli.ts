#!/usr/bin/env node
import { constants } from 'node:os'
import { Replic8Error } from '../errors.ts'
import { readArguments } from './arguments.ts'
import { type Bridge, createBridge } from './bridge.ts'
import { runDemo } from './demo.ts'
import { helpText } from './help.ts'
import { createLog, withoutKeys } from './log.ts'
import { UsageError } from './settings.ts'
import { settle } from './settled.ts'
import { packageVersion } from './version.ts'

/** What was typed makes no sense: 2, as shells and most programs have it. What failed: 1. */
const exitCodes = { usage: 2, failed: 1 }

async function main(args: readonly string[]): Promise<void> {
  const parsed = readArguments(args)
  if (parsed.action === 'help') return void process.stdout.write(helpText(parsed.command))
  if (parsed.action === 'version') return void process.stdout.write(`${packageVersion()}\n`)
  // What others see in a list of processes: not the command line, on which a key may be.
  process.title = `replic8 ${parsed.action}`
  const settled = settle({ flags: parsed.given, config: parsed.config, env: process.env })
  if (parsed.action === 'demo') return stopOnSignal(await runDemo(settled))
  const log = createLog(settled.options.log, settled)
  for (const warning of settled.warnings) log.warn({}, warning)
  stopOnSignal(await createBridge({ ...settled.options, log }))
}

/** The first signal ends everything in order, a second one at once. */
function stopOnSignal(bridge: Bridge) {
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(128 + constants.signals[signal])
    isStopping = true
    bridge.close().then(() => process.exit(0), fail)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
}

function fail(error: unknown): never {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof Replic8Error && ['ERR_BAD_OPTION', 'ERR_BAD_KEY'].includes(error.code))
  const code = error instanceof Replic8Error ? ` (${error.code})` : ''
  process.stderr.write(`replic8: ${withoutKeys((error as Error).message)}${code}\n`)
  process.exit(isUsage ? exitCodes.usage : exitCodes.failed)
}

main(process.argv.slice(2)).catch(fail)
