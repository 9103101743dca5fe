import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rollup, type UserConfig } from 'vite'
import { cache } from '../harness/root.ts'
import { sum } from '../harness/statistics.ts'

/** Bytes that a page loads for an app. */
export interface Size {
  minified: number
  /** Of each file by itself, at the highest level. */
  gzip: number
}

/**
 * Bundles an app with Vite for production. What the app loads later, if ever, does not count.
 *
 * @param config what Vite needs on top of what it does by itself
 */
export async function bundle(source: string, config: UserConfig): Promise<Size> {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'app-'))
  try {
    const input = join(folder, 'main.js')
    writeFileSync(input, source)
    const { output } = (await build({
      ...config,
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: { write: false, rolldownOptions: { ...config.build?.rolldownOptions, input } },
    })) as Rollup.RollupOutput
    const files = loadedAtOnce(output).map(({ code }) => Buffer.from(code))
    return {
      minified: sum(files.map((file) => file.length)),
      gzip: sum(files.map((file) => gzipSync(file, { level: 9 }).length)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The entry, and what it imports statically. */
function loadedAtOnce(output: Rollup.RollupOutput['output']): Rollup.OutputChunk[] {
  const chunks = new Map(output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file]] : [])))
  const loaded = new Set<Rollup.OutputChunk>()
  const load = (name: string) => {
    const chunk = chunks.get(name)
    if (!chunk || loaded.has(chunk)) return
    loaded.add(chunk)
    chunk.imports.forEach(load)
  }
  load(output[0].fileName)
  return [...loaded]
}
