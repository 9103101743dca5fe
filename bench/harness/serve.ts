import type { Usage } from './child.ts'

// biome-ignore lint/suspicious/noExplicitAny: each function has arguments of its own.
export type Functions = Record<string, (...args: any[]) => unknown>

/** Lets the parent process call functions of this one. */
export function serve(functions: Functions): void {
  const all: Functions = { cpu, usage, ...functions }
  process.on('message', async ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    try {
      const called = all[name]
      if (!called) throw new Error(`There is no function "${name}" in ${process.argv[1]}.`)
      process.send?.({ id, value: await called(...args) })
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function usage(): Usage {
  // Twice: what has a finalizer goes only then.
  globalThis.gc?.()
  globalThis.gc?.()
  return { cpu: cpu(), rss: process.memoryUsage.rss() }
}
