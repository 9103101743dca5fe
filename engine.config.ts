// The engine that ships inside: hypercore with lean parts in place of some that cost too much for each feed.
// One description for both library builds, the browser tests, and the tests in Node.
import { builtinModules, createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rollup } from 'vite'

const here = (path: string) => fileURLToPath(new URL(`./${path}`, import.meta.url))

/** A package that is another one to those who import it by name from inside of one package; the rest get the real one. */
export type Replacement = [importer: string, pkg: string, replacement: string]

const lean: Replacement[] = [
  ['hypercore', 'memory-pager', here('src/platform/engine/memory-pager.ts')],
  ['sparse-bitfield', 'memory-pager', here('src/platform/engine/memory-pager.ts')],
  ['hypercore', 'hypercore-cache', here('src/platform/engine/hypercore-cache.ts')],
  ['hypercore', 'fast-bitfield', here('src/platform/engine/fast-bitfield.ts')],
]

export function replacing(name: string, replacements: Replacement[]): Plugin {
  return {
    name: `replic8:${name}`,
    enforce: 'pre',
    resolveId(source, importer) {
      const from = importer?.replaceAll('\\', '/')
      return replacements.find(([by, pkg]) => source === pkg && from?.includes(`/node_modules/${by}/`))?.[2]
    },
  }
}

/** For whatever bundles the engine. */
export const leanEngine = () => replacing('lean-engine', lean)

/** For the tests in Node, which do not bundle: those that import hypercore get the engine that ships inside. */
export function bundledEngine(): Plugin {
  const id = '\0replic8:hypercore'
  let bundle: Promise<string> | undefined
  return {
    name: 'replic8:bundled-engine',
    enforce: 'pre',
    resolveId: (source, importer) =>
      source === 'hypercore' && !importer?.includes('/node_modules/') ? id : undefined,
    load(wanted) {
      if (wanted !== id) return
      bundle ??= bundleEngine()
      return bundle
    },
  }
}

async function bundleEngine(): Promise<string> {
  const [bundle] = (await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [leanEngine()],
    resolve: { conditions: ['node', 'import', 'default'], mainFields: ['module', 'main'] },
    build: {
      write: false,
      minify: false,
      target: 'node20',
      lib: { entry: createRequire(import.meta.url).resolve('hypercore'), formats: ['es'] },
      rolldownOptions: {
        platform: 'node',
        external: ['sodium-native', 'fsctl', /^node:/, ...builtinModules],
      },
    },
  })) as [Rollup.RollupOutput]
  return bundle.output[0].code
}
