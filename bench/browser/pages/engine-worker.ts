/** The program of a tab of replic8, in a worker: the page that has it calls its functions by messages. */
import { functions } from './replic8-page.ts'

export interface Call {
  call: number
  name: string
  args: unknown[]
}

export type Answer = { answer: number } & ({ value: unknown } | { error: string })

addEventListener('message', async ({ data }: MessageEvent<Call>) => {
  const { call, name, args } = data
  if (!call) return
  try {
    postMessage({ answer: call, value: await functions[name]?.(...args) } satisfies Answer)
  } catch (error) {
    postMessage({ answer: call, error: (error as Error).stack ?? String(error) } satisfies Answer)
  }
})
