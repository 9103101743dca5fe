/** A signalling server for pages, which cannot listen. */
import type { TestProject } from 'vitest/node'
import { serveSignalling } from '../bridge/signalling-bridge.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of the server. Whatever its path says is the address that a socket counts as coming from. */
    signalling: string
  }
}

/** Runs while the tests of a project do. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const bridge = await serveSignalling()
  provide('signalling', bridge.url)
  return bridge.close
}
