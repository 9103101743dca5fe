import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache, root } from './root.ts'

const manifest = () => readFileSync(join(root, 'bench', 'peers.json'), 'utf8')

/** The folder of the packages that replic8 is compared with, which are none of its own; another one for other versions. */
export function peersFolder(): string {
  return join(cache, `peers-${createHash('sha256').update(manifest()).digest('hex').slice(0, 12)}`)
}

/** Installs what bench/peers.json says, once. None of the packages needs its install script. */
export function installPeers(): string {
  const folder = peersFolder()
  if (existsSync(folder)) return folder
  console.error('Installing the packages to compare with …')
  const aside = `${folder}-${process.pid}`
  mkdirSync(aside, { recursive: true })
  writeFileSync(join(aside, 'package.json'), manifest())
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: aside, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) {
    rmSync(aside, { recursive: true, force: true })
    throw new Error('The packages to compare with could not be installed.')
  }
  renameSync(aside, folder)
  return folder
}

/** The versions that are there, which is what is measured. */
export function versionOf(name: string): string {
  const file = join(peersFolder(), 'node_modules', name, 'package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}
