import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, Server } from 'node:http'
import { resolve } from 'node:path'
import { toReplic8Error } from '../errors.ts'
import type { Replicator } from '../replicator/replicator.ts'
import { Disk } from './disk.ts'
import { createHttpServer, listen, nameOf } from './listening.ts'
import { type BridgeLog, createLog } from './log.ts'
import { type BridgeStats, createMetrics } from './metrics.ts'
import { joinNetwork, type Network } from './network.ts'
import { type BridgeObserver, type Refusal, refusals } from './observer.ts'
import { type BridgeOptions, type VerifiedBridgeOptions, verifyBridgeOptions } from './options.ts'
import { hostOf } from './origins.ts'
import { Quotas } from './quotas.ts'
import { RelayServer } from './relay/relay-server.ts'
import { createRequests } from './requests.ts'
import { type ServedKey, serveKey } from './served-key.ts'
import { SignalServer } from './signalling/signal-server.ts'
import { Sockets } from './sockets.ts'
import { Traffic } from './traffic.ts'
import { Wires } from './wires.ts'

/** A bridge that runs. */
export interface Bridge {
  /** What `websocket()` and `websocketSignal()` take: 'ws://127.0.0.1:8787', or the `publicUrl`. */
  readonly url: string
  /** The same over HTTP. */
  readonly httpUrl: string
  readonly port: number
  /** One a key, in their order. */
  readonly replicators: readonly Replicator[]
  /** A snapshot. */
  readonly stats: BridgeStats
  /** Takes nobody any more, ends what is open in order, and resolves when all is on disk and nothing is left running. */
  close(): Promise<void>
}

/**
 * Starts a bridge: a peer that keeps the feeds of its keys on disk, the signalling server by which browsers find each
 * other, and a relay for those that cannot connect directly. Resolves when it listens.
 *
 * Rejects with ERR_BAD_OPTION, ERR_BAD_KEY, ERR_LISTEN, ERR_STORAGE_LOCKED (another process has the storage),
 * ERR_STORAGE, and ERR_NOT_INSTALLED (`swarm` without the package hyperswarm).
 */
export async function createBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const verified = verifyBridgeOptions(options)
  const bridge = new RunningBridge(verified, createLog(verified.log))
  try {
    await bridge.start()
  } catch (error) {
    await bridge.close()
    throw error
  }
  return bridge
}

/** TCP connections of one address that are no WebSocket: for pages, and those that are told why they are turned away. */
const spareWires = 256

class RunningBridge implements Bridge {
  port = 0
  private readonly options: VerifiedBridgeOptions
  private readonly log: BridgeLog
  private readonly served = new Map<string, ServedKey>()
  private readonly traffic = new Traffic()
  private readonly disk: Disk
  private readonly quotas: Quotas
  private readonly relays: RelayServer
  private readonly signals: SignalServer
  private readonly server: Server
  private readonly wires: Wires
  private readonly sockets: Sockets
  private readonly refused = Object.fromEntries(refusals.map((reason) => [reason, 0])) as Record<
    Refusal,
    number
  >
  private bytesRelayed = 0
  private readonly observer: BridgeObserver = {
    refused: (reason, address) => {
      this.refused[reason]++
      this.log.debug({ reason, address }, 'Turned away.')
    },
    relayed: (bytes) => {
      this.bytesRelayed += bytes
    },
  }
  private network: Network | undefined
  private closing: Promise<void> | undefined
  private readonly since = performance.now()

  constructor(options: VerifiedBridgeOptions, log: BridgeLog) {
    this.options = options
    this.log = log
    const { storage, maxBytes, minFree, retryAfterFull, trustProxy, limits, heartbeat, pages, publicUrl } =
      options
    this.disk = new Disk({
      ...{ maxBytes, minFree, retryAfterFull },
      folder: typeof storage === 'string' ? resolve(storage) : undefined,
      received: () => this.traffic.recentlyReceived,
      onchange: ({ full }, why) => this.onroom(full, why),
    })
    const { observer } = this
    this.quotas = new Quotas(limits)
    this.relays = new RelayServer({ limits, observer, quotas: this.quotas })
    this.signals = new SignalServer({ limits, observer, quotas: this.quotas, relays: this.relays })
    const publicHost = hostOf(publicUrl?.host)
    const rules = {
      bound: options.host,
      hosts: [...options.hosts, ...(publicHost === undefined ? [] : [publicHost])],
      origins: options.origins,
    }
    const onrequest = createRequests({
      ...{ rules, trustProxy, observer, pages },
      health: () => this.health(),
      metrics: createMetrics(() => this.stats),
      socketUrl: (request) => this.urlAt(request),
    })
    this.server = createHttpServer(options, onrequest)
    // Behind a proxy all come from one address, and the proxy sees to those that dawdle.
    const mostWires = trustProxy ? Infinity : limits.connectionsPerAddress + spareWires
    this.wires = new Wires(this.server, mostWires, (address) => observer.refused('connections', address))
    this.sockets = new Sockets({
      ...{ server: this.server, rules, limits, heartbeat, trustProxy, observer },
      quotas: this.quotas,
      owners: {
        peer: (topic, connection) => {
          const key = this.served.get(Buffer.from(topic).toString('hex'))
          key?.connect(connection)
          return key !== undefined
        },
        signal: (link, address) => this.signals.take(link, address),
        relay: (link, ticket, address) => this.relays.take(link, ticket, address),
      },
    })
  }

  get url(): string {
    const { publicUrl, tls, host } = this.options
    return publicUrl?.href ?? `${tls ? 'wss' : 'ws'}://${nameOf(host)}:${this.port}`
  }

  get httpUrl(): string {
    return this.url.replace(/^ws/, 'http')
  }

  get replicators(): Replicator[] {
    return [...this.served.values()].map(({ replicator }) => replicator)
  }

  get stats(): BridgeStats {
    const { replicators } = this
    const sum = (of: (replicator: Replicator) => number) =>
      replicators.reduce((all, replicator) => all + of(replicator), 0)
    return {
      sockets: this.sockets.size,
      sessions: sum(({ sessions }) => sessions.length),
      feeds: sum(({ cores }) => cores.length),
      ...this.traffic.total,
      members: this.signals.members,
      topics: this.signals.topics,
      relays: this.relays.open,
      bridges: this.network?.bridges ?? 0,
      bytesRelayed: this.bytesRelayed,
      refused: { ...this.refused },
      storage: this.disk.now,
    }
  }

  async start() {
    const { storage, keys, port } = this.options
    if (typeof storage === 'string' && keys.length > 0)
      await mkdir(storage, { recursive: true, mode: 0o700 }).catch((error) => {
        throw toReplic8Error(error, 'ERR_STORAGE')
      })
    for (const key of keys) await this.serve(key)
    if (keys.length > 0) await this.disk.look()
    await this.joinNetwork()
    this.port = await listen(this.server, { ...this.options, port })
    const { url } = this
    this.log.info({ url, keys: keys.length }, `The bridge listens at ${url}`)
    if (keys.length === 0)
      this.log.info({}, 'It was given no key: it does signalling and relays, and keeps no feeds.')
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async serve(key: Buffer) {
    const { storage, maxFeeds } = this.options
    const served = await serveKey(key, { storage, maxFeeds, ondiskfull: () => this.disk.failed() })
    const { topic, replicator } = served
    this.served.set(topic.toString('hex'), served)
    this.traffic.watch(replicator)
    replicator.on('progress', () => this.disk.touch())
    replicator.on('session', (session) => this.log.debug({ by: session.connectionKind }, 'A peer is here.'))
    replicator.on('close', (error) => this.log.debug({ error }, 'A peer is gone.'))
    replicator.on('problem', (error) => this.log.debug({ error }, 'Something was contained.'))
  }

  /** Before anybody can come, so that all who come are told of the others. */
  private async joinNetwork() {
    const { swarm, keys } = this.options
    if (!swarm || keys.length === 0) return
    const { signals, observer } = this
    this.network = await joinNetwork({ keys: [...this.served.values()], signal: signals, observer, ...swarm })
  }

  private onroom(full: boolean, why: string) {
    const { used, free } = this.disk.now
    if (full) this.log.warn({ used, free }, `Nothing more is taken: ${why}. What is here is served.`)
    else this.log.info({ used, free }, 'There is room again: feeds are taken.')
    for (const served of this.served.values()) served.setFull(full)
  }

  private health() {
    return {
      status: this.closing ? 'closing' : 'ok',
      storage: this.disk.now.full ? 'full' : 'ok',
      uptime: Math.round((performance.now() - this.since) / 1000),
    }
  }

  private urlAt({ headers }: IncomingMessage): string {
    const { publicUrl, tls, trustProxy } = this.options
    if (publicUrl) return publicUrl.href
    const isSecure = tls !== undefined || (trustProxy && headers['x-forwarded-proto'] === 'https')
    return `${isSecure ? 'wss' : 'ws'}://${headers.host}/`
  }

  private async shutDown() {
    this.sockets.refuse()
    const stopped = new Promise((resolve) => this.server.close(resolve))
    this.signals.close()
    this.relays.close()
    await this.disk.close()
    await this.network?.close()
    await Promise.all(this.replicators.map((replicator) => replicator.close()))
    await this.sockets.close()
    this.wires.drop()
    await stopped
    if (this.port !== 0) this.log.info({}, 'The bridge is closed.')
  }
}
