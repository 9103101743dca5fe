// The seed program: the reason the project exists. Both ends run this file; the test says who listens.
const ram = require('random-access-memory')
const hypercore = require('hypercore')
const hyperdrive = require('hyperdrive')
const eos = require('end-of-stream')
const repl = require('replic8')
const net = require('node:net')
const fs = require('node:fs')
const path = require('node:path')
const crypto = require('node:crypto')

const config = JSON.parse(process.argv[2])
const ENCRYPTION_KEY = Buffer.from(config.key, 'hex')
const MY_APP_NAME = 'p2pftw'
const opts = config.opts || {}

const coreStore = Array.from({ length: config.cores }, () => hypercore(ram))
const binaryAssets = Array.from({ length: config.drives }, () => hyperdrive(ram))
const otherPeers = []
const received = { cores: [], drives: [] }

function onPeerConnection(stream) {
  const session = repl(ENCRYPTION_KEY, opts)
  session.share(
    coreStore,
    coreStore.map((c) => ({ isEmpty: !c.length })),
  )
  session.share(MY_APP_NAME, binaryAssets, [{ type: 'hyperdrive', contentSize: 5432154 }])

  const acceptHandler = (offer, accept) => {
    if (config.refuse) return accept(new Error(config.refuse))
    const selected = []
    offer.keys.forEach((key, n) => {
      let core = coreStore.find((c) => c.key === key)
      if (core) selected.push(core)
      else if (!offer.headers[n].isEmpty) {
        core = hypercore(ram, key)
        coreStore.push(core)
        selected.push(core)
        received.cores.push(core)
        onReceived(core)
        for (const sess of otherPeers) if (sess !== session) sess.share([core])
      }
    })
    accept(null, selected)
  }
  session.on('advertise', acceptHandler)
  session.on(MY_APP_NAME, 'advertise', (offer, accept) => {
    const drives = offer.keys.map((k) => hyperdrive(ram, k))
    received.drives.push(...drives)
    accept(null, drives)
  })
  session.on('open', () => say({ open: true }))
  session.on('problem', (err) => say({ problem: err.message }))
  otherPeers.push(session)

  const p = session.pipe(stream)
  let ends = 0
  eos(p, async (err) => {
    session.off('advertise', acceptHandler)
    ends++
    const closed = await session.closed.then(
      () => null,
      (error) => error,
    )
    const report = err ? {} : await contents()
    say({ eos: ends, error: err ? errorOf(err) : null, same: closed === (err || null), ...report })
  })
}

// In the live test, a feed that arrives is followed and its blocks are told.
function onReceived(core) {
  if (!config.follow) return
  let next = 0
  const read = () =>
    core.get(next, (err, block) => {
      if (err) return
      say({ block: block.toString(), index: next++ })
      read()
    })
  read()
}

function errorOf(err) {
  return { message: err.message, code: err.code, reason: err.reason }
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const call = (object, method, ...args) =>
  new Promise((resolve, reject) => {
    object[method](...args, (err, value) => (err ? reject(err) : resolve(value)))
  })

const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex')

async function coreHash(core) {
  const hash = crypto.createHash('sha256')
  for (let i = 0; i < core.length; i++) hash.update(await call(core, 'get', i, { wait: false }))
  return `${core.length} ${hash.digest('hex')}`
}

async function driveHashes(drive) {
  const hashes = {}
  for (const name of await call(drive, 'readdir', '/', { recursive: true })) {
    const stat = await call(drive, 'stat', name)
    if (stat.isFile()) hashes[name] = sha256(await call(drive, 'readFile', name))
  }
  return hashes
}

async function contentsOf(cores, drives) {
  const result = { cores: {}, drives: {} }
  for (const core of cores) result.cores[core.key.toString('hex')] = await coreHash(core)
  for (const drive of drives) result.drives[drive.key.toString('hex')] = await driveHashes(drive)
  return result
}

async function contents() {
  const own = coreStore.filter((core) => !received.cores.includes(core))
  return {
    own: await contentsOf(own, binaryAssets),
    got: await contentsOf(received.cores, received.drives),
  }
}

async function fill() {
  for (const [i, core] of coreStore.entries()) {
    await call(core, 'ready')
    if (!config.empty)
      await call(
        core,
        'append',
        Array.from({ length: 1 + i }, (_, n) => `${config.name} ${i} ${n}`),
      )
  }
  for (const [i, drive] of binaryAssets.entries()) {
    await call(drive, 'ready')
    await call(drive, 'writeFile', '/hello.txt', `drive ${i} of ${config.name}`)
  }
  if (config.folder) await importFolder(binaryAssets[0], config.folder)
}

async function importFolder(drive, folder) {
  for (const entry of fs.readdirSync(folder, { recursive: true })) {
    const file = path.join(folder, entry)
    if (fs.statSync(file).isFile()) await call(drive, 'writeFile', `/${entry}`, fs.readFileSync(file))
  }
}

// Lines on standard input: append to the first core.
process.stdin.on('data', (data) => {
  const line = data.toString().trim()
  if (line === 'end') for (const session of otherPeers) session.end()
  else coreStore[0].append(line)
})

fill().then(() => {
  if (config.connect) onPeerConnection(net.connect(config.connect, '127.0.0.1'))
  else {
    const server = net.createServer((socket) => {
      onPeerConnection(socket)
      if (otherPeers.length === (config.peers || 1)) server.close()
    })
    server.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
  }
  process.stdin.unref()
})
