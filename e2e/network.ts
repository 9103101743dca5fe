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

  /** Another browser, in the same room. */
  async launch(): Promise<Room> {
    const { context, close } = await launchBrowser(this.baseURL)
    this.endings.push(close)
    const room = new Room(context, this.key, this.bridge?.url)
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
