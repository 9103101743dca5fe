import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'

const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc')

let consumer: Consumer
beforeAll(async () => {
  consumer = await unpackedConsumer()
  // Beside the project, where only those look that name it in typeRoots.
  for (const pkg of ['@types/node', 'undici-types']) {
    await mkdir(join(consumer.dir, 'declarations', pkg), { recursive: true })
    await cp(join('node_modules', pkg), join(consumer.dir, 'declarations', pkg), { recursive: true })
  }
  await consumer.write('app.ts', app)
  await consumer.write('uses-node.ts', usesNode)
  await consumer.write('common.cts', common)
}, 120_000)
afterAll(() => consumer?.remove())

const app = `
import replic8, {
  allow, FeedStore, hypercore, memory, randomKey, Replicator, Replic8Error, Session,
  type CoreStore, type ErrorCode,
} from 'replic8'
import { memory as also, type RandomAccessStorage, type Storage } from 'replic8/storage'
import { tabs } from 'replic8/tabs'
import { webrtc, type Connection, type Signal, type Transport } from 'replic8/webrtc'
import { websocket } from 'replic8/websocket'
import { type Exposed, exposeTransport, wrapTransport } from 'replic8/worker'

const storage: Storage = memory
const file: RandomAccessStorage = storage('key')
file.stat((error, stat) => console.log(error?.message, stat?.size))

const core = hypercore<{ hello: string }>(also(), { valueEncoding: 'json' })
core.append({ hello: 'world' }, (error, index) => console.log(error, index?.toFixed()))
core.get(0, (error, block) => console.log(error, block?.hello.length))
// @ts-expect-error a block of this feed is an object
core.append('text')

const key: Uint8Array = randomKey()
const hex: string = randomKey().toString('hex')
const same: boolean = core.key.equals(core.discoveryKey)

const session: Session = replic8(key, { live: true, userData: { name: 'a' } })
session.share('my-app', [core], [{ type: 'greetings' }]).accepted.then((keys) => keys[0]?.toString('hex'))
session.on('my-app', 'advertise', (offer, accept) => {
  accept(null, offer.keys.map((offered) => hypercore(memory, offered)))
})
session.on('problem', (error, where) => console.log(error.code, where.key?.length))
session.synced({ timeout: 1_000 }).then(({ feeds }) => feeds[0]?.length.toFixed())
const ended: AsyncIterable<Uint8Array> = session.pipe(new Session(hex).stream)
console.log(ended, session.why(core.key).message, session.stats.bytesSent.toFixed())
// @ts-expect-error a key is bytes or hex digits
replic8(5)

const failed = new Replic8Error('ERR_CLOSED', undefined, {})
const code: ErrorCode = failed.code
// @ts-expect-error there is no such code
new Replic8Error('ERR_NO_SUCH_CODE')

const store: CoreStore = { reject: ({ header }) => header.blocked === true }
const replicator = new Replicator(key, { forward: false })
replicator.use('my-app', store).unmount()
replicator.prepend(allow([core.key]))
const feeds = new FeedStore(also())
feeds.writer('me').then((mine) => mine.key.toString('hex'))
replicator.use(feeds)
replicator.on('core', (taken, { namespace }, from) => console.log(taken.key, namespace, from.publicKey))
replicator.synced({ timeout: 5 }).then((report) => report.feeds.length)

const transports = (signal: Signal): Transport[] => [
  webrtc({ signal }),
  tabs({ name: 'app' }),
  websocket(['wss://one.example', 'wss://two.example']),
]
const exposed: Exposed = exposeTransport(tabs(), new MessageChannel().port1, { name: 'app' })
const lent: Transport = wrapTransport(new Worker('worker.js'))
const kind = (connection: Connection): string => connection.kind
export { code, exposed, hex, key, kind, lent, same, transports }
`

const usesNode = `
import { hypercore, memory, randomKey } from 'replic8'
import { type Bridge, createBridge } from 'replic8/bridge'
import { swarm } from 'replic8/swarm'
import { exposeTransport, wrapTransport } from 'replic8/worker'
import { parentPort, Worker } from 'node:worker_threads'
exposeTransport(swarm(), new Worker('worker.js'))
if (parentPort) wrapTransport(parentPort)
createBridge({ keys: [randomKey()], limits: { relays: 4 }, swarm: true, log: 'json' }).then((bridge: Bridge) => {
  bridge.replicators[0]?.join(swarm({ bootstrap: ['127.0.0.1:49737'] }))
  console.log(bridge.url, bridge.stats.storage.full, bridge.stats.refused.origin)
})
// @ts-expect-error there is no such limit
createBridge({ limits: { relay: 4 } })
// What the package calls a Buffer is Node's own.
const key: Buffer = randomKey()
hypercore(memory).append(Buffer.from(key.readUInt8(0).toString()))
`

const common = `
import replic8 = require('replic8')
const session = replic8(replic8.randomKey())
session.end()
const core = replic8.hypercore(replic8.memory)
core.append(replic8.randomKey(), (error, index) => console.log(error, index?.toFixed()))
const call: Function = replic8
export = [core, call]
`

interface Project {
  module: string
  moduleResolution: string
  files: string[]
  node: boolean
  lib?: string[]
}

/** The compiler's complaints about a project with the strictest settings, the declarations of packages included. */
async function complaints({ module, moduleResolution, files, node, lib }: Project): Promise<string> {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: lib ?? ['es2022', 'dom'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    typeRoots: ['./declarations/@types', './declarations'],
    types: node ? ['node'] : [],
  }
  await consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
  return promisify(execFile)(process.execPath, [tsc, '-p', consumer.dir]).then(
    () => '',
    (error) => error.stdout as string,
  )
}

describe.each([
  ['bundler', 'preserve'],
  ['nodenext', 'nodenext'],
])('the declarations, with moduleResolution %s', (moduleResolution, module) => {
  test('need no @types/node', async () => {
    expect(await complaints({ module, moduleResolution, files: ['app.ts'], node: false })).toBe('')
  })

  test('use the Buffer of @types/node where it is installed', async () => {
    const files = ['app.ts', 'uses-node.ts']
    expect(await complaints({ module, moduleResolution, files, node: true })).toBe('')
  })
})

test('the declarations say what require gives', async () => {
  const files = ['common.cts']
  expect(await complaints({ module: 'nodenext', moduleResolution: 'nodenext', files, node: true })).toBe('')
})
