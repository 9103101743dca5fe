import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { readArguments } from '../../src/bridge/arguments.ts'
import { UsageError } from '../../src/bridge/settings.ts'
import { settle } from '../../src/bridge/settled.ts'
import { randomKey } from '../../src/platform/random-key.ts'
import { buildProgram } from '../helpers/build-program.ts'
import { encryptionKey } from '../helpers/sessions.ts'
import { folder, peerOf, read, write } from './bridges.ts'
import { Running } from './commands.ts'

const soon = { timeout: 20_000 }
const hex = encryptionKey.toString('hex')

let program: Awaited<ReturnType<typeof buildProgram>>
beforeAll(async () => {
  program = await buildProgram('src/bridge/cli.ts')
})
afterAll(() => program?.remove())

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  new Running(program.path, args, env)

/** A bridge command at a free port with a storage of its own. */
async function runBridge(args: readonly string[] = [], env: Record<string, string> = { REPLIC8_KEY: hex }) {
  const storage = args.includes('--storage') ? [] : ['--storage', await folder()]
  return run(['bridge', '--port', '0', '--min-free', '0', ...storage, ...args], env)
}

describe('what is typed', () => {
  test.each([
    [['--help'], /Usage: replic8 <command>[\s\S]*bridge[\s\S]*demo[\s\S]*--port/],
    [[], /Usage: replic8 <command>/],
    [['bridge', '--help'], /replic8 bridge:[\s\S]*--key-file[\s\S]*--config/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ])('%j prints %s', async (args, printed) => {
    const command = run(args)
    expect(await command.ended).toBe(0)
    expect(command.out).toMatch(printed)
  })

  test.each([
    [['brigde'], 'There is no command brigde: did you mean bridge?'],
    [['bridge', '--prot', '1'], 'There is no flag --prot: did you mean --port?'],
    [['bridge', '--frobnicate'], 'There is no flag --frobnicate.'],
    [['bridge', '--port'], '--port takes a value.'],
    [['bridge', '--storage', '--swarm'], '--storage takes a value.'],
    [['bridge', '--port', '80a'], '--port takes a whole number.'],
    [['bridge', '--swarm=yes'], '--swarm takes no value.'],
    [
      ['bridge', '--max-bytes', 'much'],
      '--max-bytes takes a size such as 500MB, 20GiB or a number of bytes.',
    ],
    [['bridge', '--limit', 'connections'], '--limit takes name=value, such as connections=1000.'],
    [['bridge', '--config', '/nowhere/config.json'], 'There is no file /nowhere/config.json.'],
    [['bridge', '--cert', 'x.pem'], 'TLS takes both, a certificate and its key: --cert and --tls-key.'],
    [['bridge', '--log', 'loud'], 'The log is json or pretty.'],
  ])('%j makes no sense: %s', (args, why) => {
    const read = () => {
      const parsed = readArguments(args)
      if (parsed.action === 'bridge') settle({ flags: parsed.given, config: parsed.config, env: {} })
    }
    expect(read).toThrow(new UsageError(why))
  })

  test.each([
    [['bridge', '--prot', '1'], 'There is no flag --prot: did you mean --port?'],
    [['bridge', '--limit', 'conections=1'], 'There is no limit "conections".'],
    [['bridge', '--key', 'abc'], 'The encryption key must be 32 bytes or 64 hex digits'],
  ])('%j ends with 2 and one sentence', async (args, why) => {
    const command = run(args)
    expect(await command.ended).toBe(2)
    expect(command.errors).toMatch(/^replic8: [^\n]+\n$/)
    expect(command.errors).toContain(why)
  })

  test('a key in the wrong place is not repeated', async () => {
    for (const args of [['bridge', hex], [hex], ['bridge', `--${hex}`], ['bridge', '--port', hex]]) {
      const command = run(args)
      expect(await command.ended).toBe(2)
      expect(command.errors + command.out).not.toContain(hex.slice(0, 16))
    }
  })
})

describe('a bridge command', () => {
  test('prints its URL, serves, and ends with 0 on SIGTERM, with sessions open and nothing lost', async () => {
    const storage = await folder()
    const first = await runBridge(['--storage', storage])
    const ann = peerOf(await first.url())
    const feed = await write(ann, 'notes', ...Array.from({ length: 50 }, (_, n) => `block ${n}`))
    await ann.replicator.synced()
    const signalling = new WebSocket(await first.url())
    signalling.on('open', () => signalling.send('replic8-signal/1'))
    await once(signalling, 'open')
    const closed = Promise.all([
      once(signalling, 'close'),
      new Promise((resolve) => ann.replicator.once('close', resolve)),
    ])
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    const [[code], error] = await closed
    expect(code).toBe(1001)
    // A goodbye, and no cut.
    expect(error).toBe(undefined)
    await ann.replicator.close()

    const second = await runBridge(['--storage', storage])
    const ben = peerOf(await second.url())
    await expect.poll(() => read(ben, feed.key), soon).toHaveLength(50)
    await expect.poll(async () => (await read(ben, feed.key)).includes(undefined), soon).toBe(false)
  })

  test('killed in the middle, it loses nothing that was there, and catches up', async () => {
    const storage = await folder()
    const count = 3_000
    const first = await runBridge(['--storage', storage])
    const url = await first.url()
    const { port } = new URL(url)
    const ann = peerOf(url)
    const feed = await write(
      ann,
      'notes',
      ...Array.from({ length: count }, (_, n) => `block ${n}`.padEnd(1_000)),
    )
    const received = async () => {
      const text = await (await fetch(`${url.replace('ws', 'http')}/metrics`)).text()
      return Number(/^replic8_received_bytes_total (\d+)$/m.exec(text)?.[1])
    }
    await expect.poll(received, soon).toBeGreaterThan(0)
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')

    const second = await runBridge(['--storage', storage, '--port', port])
    expect(await second.url()).toBe(url)
    await expect.poll(() => ann.replicator.why(feed.key), soon).toMatchObject({ code: 'synced', have: count })
    await ann.replicator.close()
    const ben = peerOf(url)
    await expect
      .poll(async () => (await read(ben, feed.key)).filter((block) => block !== undefined).length, soon)
      .toBe(count)
    expect((await read(ben, feed.key)).every((block, n) => block?.trim() === `block ${n}`)).toBe(true)
  })

  test('a second signal ends it at once', async () => {
    const command = await runBridge()
    // An end that does not answer holds up one that ends in order.
    const socket = new WebSocket(await command.url())
    await once(socket, 'open')
    socket.pause()
    command.child.kill('SIGTERM')
    command.child.kill('SIGINT')
    expect([130, 143]).toContain(await command.ended)
    socket.terminate()
  })

  test('logs lines of JSON, with the URL, and no key', async () => {
    const command = await runBridge(['--key', hex])
    const url = await command.url()
    const ann = peerOf(url)
    await write(ann, 'notes', 'x')
    await ann.replicator.synced()
    // In the list of processes neither, where the system lets it be taken out.
    const listed = `/proc/${command.child.pid}/cmdline`
    if (existsSync(listed)) expect(readFileSync(listed, 'utf8')).toMatch(/^replic8 bridge\0*$/)
    command.child.kill('SIGTERM')
    await command.ended
    const lines = command.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find((line) => line.url)).toMatchObject({ url, keys: 1 })
    expect(lines.some(({ level, msg }) => level === 40 && /command line/.test(msg))).toBe(true)
    expect(command.out + command.errors).not.toMatch(/[0-9a-f]{64}/)
  })

  test('logs for people when asked, and says when it was given no key', async () => {
    const command = await runBridge(['--log', 'pretty'], {})
    await command.prints(/keeps no feeds/)
    expect(command.out).not.toMatch(/^\{/m)
    expect(command.out).toMatch(/INFO: The bridge listens at ws:\/\/127\.0\.0\.1:\d+$/m)
  })

  test('ends with 1 where the port is taken, and where another one has the storage', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const late = await runBridge(['--port', String(port)])
    expect(await late.ended).toBe(1)
    expect(late.errors).toMatch(/another program listens there.*\(ERR_LISTEN\)\n$/)

    const storage = await folder()
    const first = await runBridge(['--storage', storage])
    await first.url()
    const second = await runBridge(['--storage', storage])
    expect(await second.ended).toBe(1)
    expect(second.errors).toContain('ERR_STORAGE_LOCKED')
  })
})

describe('settings', () => {
  test('of limits are taken one by one', async () => {
    const config = join(await folder(), 'config.json')
    await writeFile(config, JSON.stringify({ limits: { connections: 9, relays: 3 } }), { mode: 0o600 })
    const { options } = settle({ flags: { limits: { relays: 5 } }, config, env: {} })
    expect(options.limits).toEqual({ connections: 9, relays: 5 })
  })

  test.each([
    [
      'a file that names nodes means the swarm',
      { bootstrap: ['127.0.0.1:1'] },
      {},
      { bootstrap: ['127.0.0.1:1'] },
    ],
    ['a file can name nodes and do without', { swarm: false, bootstrap: ['127.0.0.1:1'] }, {}, undefined],
    [
      'a flag turns on what a file turns off, with its nodes',
      { swarm: false, bootstrap: ['127.0.0.1:1'] },
      { swarm: true },
      { bootstrap: ['127.0.0.1:1'] },
    ],
    [
      'so does one that names nodes',
      { swarm: false },
      { bootstrap: ['127.0.0.1:2'] },
      { bootstrap: ['127.0.0.1:2'] },
    ],
  ])('of the swarm: %s', async (_, ofFile, flags, swarm) => {
    const config = join(await folder(), 'config.json')
    await writeFile(config, JSON.stringify(ofFile), { mode: 0o600 })
    expect(settle({ flags, config, env: {} }).options.swarm).toEqual(swarm)
  })

  test('of flags come before the environment, and that before a file', async () => {
    const dir = await folder()
    const [ofFlag, ofEnv, ofFile] = [randomKey(), randomKey(), randomKey()].map((key) => key.toString('hex'))
    await writeFile(join(dir, 'keys'), `# mine\n\n${ofFlag}\n`)
    const config = join(dir, 'config.json')
    const text = {
      keys: [ofFile],
      port: 1,
      storage: 'data',
      log: 'pretty',
      minFree: '0',
      limits: { connections: 9 },
    }
    await writeFile(config, JSON.stringify(text))
    await Promise.all([chmod(config, 0o600), chmod(join(dir, 'keys'), 0o600)])

    const serves = async (args: string[], env: Record<string, string>) => {
      const command = run(['bridge', '--config', config, '--port', '0', '--log', 'json', ...args], env)
      const url = await command.url()
      const served = []
      for (const [name, key] of Object.entries({ ofFlag, ofEnv, ofFile })) {
        const { replicator } = peerOf(url, { key: key as string })
        const open = new Promise((resolve) => replicator.once('session', () => resolve(true)))
        const refused = new Promise((resolve) => replicator.once('close', () => resolve(false)))
        if (await Promise.race([open, refused])) served.push(name)
        await replicator.close()
      }
      command.child.kill()
      await command.ended
      return served
    }
    expect(await serves(['--key-file', join(dir, 'keys')], { REPLIC8_KEY: ofEnv as string })).toEqual([
      'ofFlag',
    ])
    expect(await serves([], { REPLIC8_KEY: ofEnv as string })).toEqual(['ofEnv'])
    expect(await serves([], {})).toEqual(['ofFile'])
  })

  test('in a file that make no sense are told with its name, and without what is in it', async () => {
    const dir = await folder()
    const config = join(dir, 'config.json')
    for (const [text, why] of [
      [`{ "keys": ["${hex}" }`, 'config.json is not JSON.'],
      ['[]', 'config.json must hold one JSON object.'],
      ['{ "orgins": ["*"] }', 'config.json: There is no setting orgins: did you mean origins?'],
      ['{ "port": "many" }', 'config.json: port takes a whole number.'],
    ]) {
      await writeFile(config, text as string)
      const command = run(['bridge', '--config', config])
      expect(await command.ended).toBe(2)
      expect(command.errors).toContain(why)
      expect(command.errors).not.toContain(hex)
    }
  })

  test('a file of keys that others can read is worth a warning', async () => {
    const path = join(await folder(), 'keys')
    await writeFile(path, hex)
    await chmod(path, 0o644)
    const command = await runBridge(['--key-file', path], {})
    await command.prints(/Other users of this machine can read/)
  })
})

describe('the demo command', () => {
  const pages = async () => {
    const dir = await folder()
    await writeFile(join(dir, 'index.html'), '<title>Demo</title>')
    return dir
  }

  test('serves the pages and a bridge on the next free port, in the same room after a restart', async () => {
    const [home, page] = [await folder(), await pages()]
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const start = () =>
      run(['demo', '--port', String(port), '--pages', page], { XDG_DATA_HOME: home, HOME: home })

    const first = start()
    const [, at, key] = await first.prints(/(http:\/\/localhost:\d+\/)#([0-9a-f]{64})/)
    expect(Number(new URL(at as string).port)).toBeGreaterThan(port)
    expect(await (await fetch(at as string)).text()).toBe('<title>Demo</title>')
    const { url } = await (await fetch(`${at}bridge.json`)).json()
    const ann = peerOf(url, { key: key as string })
    await write(ann, 'notes', 'to the demo')
    await ann.replicator.synced()

    // One more beside it is another room.
    const other = start()
    const [, , otherKey] = await other.prints(/(http:\/\/localhost:\d+\/)#([0-9a-f]{64})/)
    expect(otherKey).not.toBe(key)

    first.child.kill('SIGINT')
    expect(await first.ended).toBe(0)
    const again = start()
    expect((await again.prints(/#([0-9a-f]{64})/))[1]).toBe(key)
  })

  test('says what is missing where the demo is not built', async () => {
    const dir = await folder()
    await mkdir(join(dir, 'empty'))
    const command = run(['demo', '--port', '0', '--storage', dir])
    expect(await command.ended).toBe(2)
    expect(command.errors).toMatch(/demo is not built here/)
  })
})
