import type { Connection, Transport } from '../connection.ts'
import { type Carried, carry } from './worker-carrier.ts'
import { listen, type WorkerEndpoint } from './worker-endpoint.ts'
import { onLifeLost } from './worker-life.ts'
import {
  type FromTransport,
  marked,
  onPortGone,
  readMarked,
  recordOf,
  type Wish,
  type Withdrawal,
} from './worker-messages.ts'

/** The page's side of one start of the transport. */
interface Run {
  /** The id of the worker's wish. */
  id: string
  port: MessagePort
  carried: Set<Carried>
  /** Ends the watch over the worker's life. */
  unwatch(): void
}

/** A transport of this page that a worker may start and stop, as often as it wants. */
export class ExposedTransport {
  readonly #transport: Transport
  readonly #worker: WorkerEndpoint
  readonly #name: string
  readonly #unlisten: () => void
  #run: Run | undefined
  #isStarted = false
  #stopped: Promise<void> = Promise.resolve()

  constructor(transport: Transport, worker: WorkerEndpoint, name: string) {
    this.#transport = transport
    this.#worker = worker
    this.#name = name
    this.#unlisten = listen(worker, (message) => {
      const said = readMarked<Wish | Withdrawal>(name, message)
      if (said && 'withdrawn' in said) this.#withdraw(said.withdrawn)
      else if (said && said.id !== this.#run?.id) this.#grant(said)
    })
    // A worker that wished before this was here wishes again.
    worker.postMessage(marked(name, {}), [])
  }

  close(): Promise<void> {
    this.#unlisten()
    return this.#end()
  }

  async #grant({ id, topic, publicKey }: Wish): Promise<void> {
    const before = this.#end()
    const { port1: port, port2 } = new MessageChannel()
    const carried = new Set<Carried>()
    const run: Run = { id, port, carried, unwatch: onLifeLost(id, () => this.#lose(run)) }
    this.#run = run
    port.onmessage = () => this.#endRun(run)
    onPortGone(port, () => this.#lose(run))
    this.#worker.postMessage(marked(this.#name, { port: port2 }), [port2])
    await before
    if (run !== this.#run) return
    try {
      this.#isStarted = true
      await this.#transport.start({
        topic,
        publicKey,
        onconnection: (connection) => this.#bring(connection, run),
        onproblem: (error) => post(port, { type: 'problem', error: recordOf(error) }),
      })
      post(port, { type: 'started' })
    } catch (error) {
      if (run !== this.#run) return
      this.#isStarted = false
      this.#run = undefined
      run.unwatch()
      post(port, { type: 'failed', error: recordOf(error) })
    }
  }

  #bring(connection: Connection, run: Run) {
    if (run !== this.#run) return connection.close()
    const { kind, initiator } = connection
    const channel = new MessageChannel()
    const carried = carry(connection, channel.port1)
    run.carried.add(carried)
    carried.over.then(() => run.carried.delete(carried))
    run.port.postMessage({ type: 'connection', kind, initiator, port: channel.port2 }, [channel.port2])
  }

  #withdraw(id: string): void {
    if (id === this.#run?.id) this.#end()
  }

  /** The worker is gone, and nobody owns the connections. */
  #lose(run: Run): void {
    for (const carried of run.carried) carried.cut()
    this.#endRun(run)
  }

  #endRun(run: Run): void {
    if (run === this.#run) this.#end()
  }

  /** Stops the transport if it is started, and tells the worker when that is done. */
  #end(): Promise<void> {
    const run = this.#run
    this.#run = undefined
    run?.unwatch()
    if (run && this.#isStarted) this.#stopped = this.#stop(run)
    return run ? this.#stopped.then(() => post(run.port, { type: 'over' })) : this.#stopped
  }

  async #stop({ port }: Run): Promise<void> {
    this.#isStarted = false
    try {
      await this.#transport.stop()
    } catch (error) {
      post(port, { type: 'problem', error: recordOf(error) })
    }
  }
}

function post(port: MessagePort, message: FromTransport): void {
  port.postMessage(message)
}
