import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Usage } from './usage.ts'
import type { VariantName } from './variants.ts'

/** What one run of a variant took. */
export interface Measured extends Usage {
  /** Bytes on the wire, both directions. */
  wireBytes: number
}

export interface Subject {
  variant: VariantName
  feeds: number
}

/** Runs a variant in a process of its own. */
export async function measure({ variant, feeds }: Subject): Promise<Measured> {
  const args = ['--expose-gc', 'scripts/run-ts.mjs', 'bench/feeds/child.ts', variant, String(feeds)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${variant} with ${feeds} feeds ended with exit code ${code}.`)
  return JSON.parse(output)
}

/** Measures all subjects in each round, one after the other, so that what the machine does meanwhile hits all alike. */
export async function interleaved<S extends Record<string, Subject>>(
  subjects: S,
  rounds: number,
  log: (line: string) => void = () => {},
): Promise<Record<keyof S, Measured[]>> {
  const names = Object.keys(subjects) as (keyof S)[]
  const measured = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<
    keyof S,
    Measured[]
  >
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const run = await measure(subjects[name] as Subject)
      measured[name].push(run)
      log(`round ${round + 1}: ${String(name)} ${Math.round(run.cpuMs)} ms CPU`)
    }
  }
  return measured
}
