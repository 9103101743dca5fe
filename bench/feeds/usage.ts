/** What a stretch of a program took of the machine. */
export interface Usage {
  /** Milliseconds of the processor, of all threads: garbage collection counts. */
  cpuMs: number
  wallMs: number
  /** Resident memory that came on top, after a garbage collection. */
  residentBytes: number
  /** As much as the process ever had resident. */
  peakBytes: number
}

/** Measures from now until the function that it gives is called. Node has to run with `--expose-gc`. */
export async function startUsage(): Promise<() => Promise<Usage>> {
  const resident = await settledMemory()
  const wall = performance.now()
  const cpu = process.cpuUsage()
  return async () => {
    const { user, system } = process.cpuUsage(cpu)
    const wallMs = performance.now() - wall
    return {
      cpuMs: (user + system) / 1000,
      wallMs,
      residentBytes: (await settledMemory()) - resident,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
}

/** Resident memory when nothing is left to collect: what was freed in one round lets go of more in the next. */
async function settledMemory(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().rss
}
