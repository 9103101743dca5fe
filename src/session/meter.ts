/** Seconds over which a rate is taken. */
const window = 4

/** Counts what one session moves: payload bytes and blocks, and the rate of the last seconds. */
export class Meter {
  bytesSent = 0
  bytesReceived = 0
  blocksSent = 0
  blocksReceived = 0
  private readonly sentRate = new Rate()
  private readonly receivedRate = new Rate()

  sent(bytes: number) {
    this.bytesSent += bytes
    this.blocksSent++
    this.sentRate.add(bytes)
  }

  received(bytes: number) {
    this.bytesReceived += bytes
    this.blocksReceived++
    this.receivedRate.add(bytes)
  }

  /** Bytes a second, over the last seconds. */
  get bytesPerSecond() {
    return { sent: this.sentRate.value, received: this.receivedRate.value }
  }
}

class Rate {
  private readonly slots = new Array<number>(window + 1).fill(0)
  private second = 0

  add(bytes: number) {
    this.turn()
    const slot = this.second % this.slots.length
    this.slots[slot] = (this.slots[slot] ?? 0) + bytes
  }

  get value(): number {
    this.turn()
    return Math.round(this.slots.reduce((sum, bytes) => sum + bytes, 0) / window)
  }

  /** Empties the slots of the seconds that have passed. */
  private turn() {
    const now = Math.floor(Date.now() / 1000)
    const passed = Math.min(now - this.second, this.slots.length)
    for (let i = 1; i <= passed; i++) this.slots[(now - passed + i) % this.slots.length] = 0
    this.second = now
  }
}
