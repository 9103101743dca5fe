import { privateDht } from '../test/transports/swarm-network.ts'
import { Bridge } from './bridge.ts'
import { test as base, launchBrowser, newKey, Room } from './demo.ts'

/** A key, bridges, and browsers that know nothing of each other. */
class Network {
  readonly key = newKey()
  readonly rooms: Room[] = []
  private readonly baseURL: string
  private readonly endings: (() => Promise<void>)[] = []
  private bridge: Bridge | undefined

  constructor(baseURL: string) {
    this.baseURL = baseURL
  }

  /** @param keeps whether it is given the key; one that is not does signalling and relays only */
  async startBridge({ keeps, flags }: { keeps: boolean; flags?: string[] }): Promise<Bridge> {
    const bridge = await Bridge.open(keeps ? [this.key] : [], flags)
    this.endings.push(() => bridge.close())
    this.bridge = bridge
    return bridge
  }

  /** A DHT of its own, by which bridges find each other. Gives the flags for them. */
  async startDht(): Promise<string[]> {
    const { bootstrap, close } = await privateDht()
    this.endings.push(close)
    return bootstrap.flatMap(({ host, port }) => ['--bootstrap', `${host}:${port}`])
  }

  /** Another browser, in the same room. @param bridges which it knows; by default the one that was started last */
  async launch(bridges = this.bridge ? [this.bridge] : []): Promise<Room> {
    const { context, close } = await launchBrowser(this.baseURL)
    this.endings.push(close)
    const room = new Room(context, this.key, bridges.map(({ url }) => url).join(',') || undefined)
    this.rooms.push(room)
    return room
  }

  async close() {
    for (const end of this.endings.reverse()) await end()
  }
}

export const test = base.extend<{ network: Network }>({
  network: async ({ baseURL }, use) => {
    const network = new Network(baseURL as string)
    try {
      await use(network)
      for (const room of network.rooms) await room.expectNoTrouble()
    } finally {
      await network.close()
    }
  },
})
