// All the set-up a fresh clone needs: dependencies, and a Chromium for the browser tests.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command with its output shown; ends this process with the command's exit code when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** Installs the locked dependencies, unless what is installed is what the lockfile says. */
export function installDependencies() {
  const installed = `${root}node_modules/.package-lock.json`
  if (existsSync(installed) && samePackages(`${root}package-lock.json`, installed)) return
  console.log('Installing dependencies …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}

function samePackages(wanted, installed) {
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const have = read(installed)
  return Object.entries(read(wanted)).every(([path, entry]) => {
    if (path === '' || entry.optional) return true
    return have[path]?.version === entry.version
  })
}

/** The path of a Chromium: CHROMIUM_PATH, one that is installed, or Debian's, installed when we may. */
export function findChromium() {
  const known = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ]
  const find = () => known.find((path) => path && existsSync(path))
  if (!find() && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium for the browser tests …')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    })
  }
  const path = find()
  if (!path) {
    console.error(
      'The browser tests need Chromium: install the package "chromium" (Debian: apt-get install chromium), ' +
        'or set CHROMIUM_PATH to a Chromium or Chrome that is installed.',
    )
    process.exit(1)
  }
  return path
}

/** Runs a tool that the dependencies brought. */
export function tool(name, args, options) {
  run(process.execPath, [binOf(name), ...args], options)
}

function binOf(name) {
  const [pkg, bin] = name.includes(':') ? name.split(':') : [name, name]
  const manifest = JSON.parse(readFileSync(`${root}node_modules/${pkg}/package.json`, 'utf8'))
  const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin]
  return `${root}node_modules/${pkg}/${path}`
}
