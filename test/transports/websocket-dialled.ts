import type { Connection, Transport } from '../../src/connection.ts'
import type { Replic8Error } from '../../src/errors.ts'
import { ConnectedEnd } from './connected-end.ts'

/** The owner of a started transport: takes what it brings in the order in which it comes. */
export class Dialled {
  readonly topic = crypto.getRandomValues(new Uint8Array(32))
  readonly transport: Transport
  readonly connections = new Arrivals<ConnectedEnd>()
  readonly problems = new Arrivals<Replic8Error>()

  constructor(transport: Transport) {
    this.transport = transport
    transport.start({
      topic: this.topic,
      publicKey: this.topic,
      onconnection: (connection: Connection) => this.connections.add(new ConnectedEnd(connection)),
      onproblem: (problem) => this.problems.add(problem as Replic8Error),
    })
  }
}

/** What comes one by one and is waited for. */
export class Arrivals<T> {
  count = 0
  readonly #here: T[] = []
  readonly #waiting: ((arrival: T) => void)[] = []

  add(arrival: T): void {
    this.count++
    const take = this.#waiting.shift()
    if (take) take(arrival)
    else this.#here.push(arrival)
  }

  next(): Promise<T> {
    const [first] = this.#here.splice(0, 1)
    return first === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(first)
  }
}
