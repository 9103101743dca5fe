/** A bridge for pages, which cannot listen, in a process of its own: what runs in this one is made for a page. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import type { TestProject } from 'vitest/node'
import { buildProgram } from '../helpers/build-program.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The bridge, and a core that it shares with every peer. Both keys are hex. */
    sharingBridge: { url: string; encryptionKey: string; feed: string; blocks: string[] }
  }
}

/** Runs while the tests of a project do. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const program = await buildProgram('test/bridge/sharing-program.ts')
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  const child = spawn(execPath, ['--no-warnings', program.path], { stdio })
  const ended = once(child, 'close')
  const close = async () => {
    child.kill()
    await ended
    await program.remove()
  }
  for await (const line of createInterface(child.stdout)) {
    provide('sharingBridge', JSON.parse(line))
    return close
  }
  await close()
  throw new Error('The bridge for pages did not start.')
}
