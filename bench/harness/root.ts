import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository: this may run from a bundle elsewhere in it. */
export const root = find(dirname(fileURLToPath(import.meta.url)))

function find(folder: string): string {
  if (existsSync(join(folder, 'bench', 'peers.json'))) return folder
  if (folder === dirname(folder)) throw new Error('The benchmarks run inside the repository.')
  return find(dirname(folder))
}

/** Below node_modules, so that programs in it find the packages of the repository. */
export const cache = join(root, 'node_modules', '.cache', 'replic8', 'bench')
