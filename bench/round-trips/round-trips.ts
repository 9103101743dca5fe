import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Row, RunOptions } from '../harness/results.ts'

/** One-way flights until the first block is at the other end. */
interface Figures {
  known: number
  knownOtherBegins: number
  offererBegins: number
  otherBegins: number
  unsettled: number
}

export const roundTrips: Benchmark = {
  name: 'round-trips',
  title: 'Round trips to the first block',
  about: `From the connection to the first block, verified, at the end that had nothing: over a wire on which bytes stand
still until both ends have said all that they have to say, and then go all at once. Each such flight is half a round trip,
however long it takes. Hand-wired is hypercore 9 over one hypercore-protocol 8, the key known beforehand; in replic8 the other
end knows no key and its handler accepts at once. Which end begins the handshake both are told, as transports know it,
but for the last row, where the ends of replic8 settle it.`,
  async run(options) {
    const rounds = options.sizes?.rounds ?? (options.small ? 1 : 5)
    const figures = await measure(rounds, options)
    const tripsOf = (name: keyof Figures) => figures.map((round) => round[name] / 2)
    const row = (what: string, name: keyof Figures, known: keyof Figures): Row => {
      const theirs = tripsOf(known)
      const least = theirs[0] as number
      // One round trip more is good enough, none is better.
      const goal = { atMost: [Number(((least + 1) / least).toFixed(3)), 1] as [number, number] }
      const against = 'the key known'
      return { what, unit: 'round trips', replic8: tripsOf(name), against, theirs, goal }
    }
    return {
      rows: [
        row('to the first block, the offering end begins', 'offererBegins', 'known'),
        row('to the first block, the other end begins', 'otherBegins', 'knownOtherBegins'),
        row('to the first block, the ends settle who begins', 'unsettled', 'known'),
      ],
      how: [
        `${rounds} rounds, each in a fresh process. One round trip more than with the key known is the goal.`,
      ],
    }
  },
}

async function measure(rounds: number, { sources, log }: RunOptions): Promise<Figures[]> {
  const program = await makeProgram('bench/round-trips/child.ts', { sources })
  try {
    const figures: Figures[] = []
    for (let round = 1; round <= rounds; round++) {
      const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.on('data', (text) => {
        output += text
      })
      const [code] = await once(child, 'close')
      if (code !== 0) throw new Error(`Counting round trips ended with exit code ${code}.`)
      figures.push(JSON.parse(output))
      log(`round ${round}: ${output.trim()}`)
    }
    return figures
  } finally {
    rmSync(program, { force: true })
  }
}
