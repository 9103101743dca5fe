import type { Transport, TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { handOver } from './hand-over.ts'
import { randomId } from './random-id.ts'
import { verify32Bytes } from './verify-options.ts'
import { WorkerConnection } from './worker-connection.ts'
import { listen, type WorkerEndpoint } from './worker-endpoint.ts'
import { showLife } from './worker-life.ts'
import {
  type Announcement,
  errorOf,
  type FromTransport,
  marked,
  onPortGone,
  readMarked,
  type ToTransport,
  type Wish,
  type Withdrawal,
} from './worker-messages.ts'

/** The worker's side of a transport that a page exposes. */
export class WrappedTransport implements Transport {
  readonly #page: WorkerEndpoint
  readonly #name: string
  #started: StartedTransport | undefined
  #stopping: Promise<void> | undefined

  constructor(page: WorkerEndpoint, name: string) {
    this.#page = page
    this.#name = name
  }

  async start(to: TransportTarget): Promise<void> {
    if (this.#started) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
    verify32Bytes('topic', to.topic)
    const started = new StartedTransport(this.#page, this.#name, to)
    this.#started = started
    try {
      await started.ready
    } catch (error) {
      if (this.#started === started) this.#started = undefined
      throw error
    }
  }

  stop(): Promise<void> {
    const started = this.#started
    this.#started = undefined
    if (started) this.#stopping = started.stop()
    return this.#stopping ?? Promise.resolve()
  }
}

/** One start: from the wish for a transport to the word that it is over. */
class StartedTransport {
  /** The page's transport has started, or this was stopped before; rejects with the error of that transport. */
  readonly ready: Promise<void>
  readonly #to: TransportTarget
  readonly #open = new Set<WorkerConnection>()
  readonly #unlisten: () => void
  readonly #withdraw: () => void
  #port: MessagePort | undefined
  /** Shows the page that the worker lives; gives what ends that. */
  readonly #life: Promise<() => void>
  #isReady = false
  #isStopping = false
  #settle!: (error?: Error) => void
  /** The page's transport is over. */
  #onover: () => void = () => {}

  constructor(page: WorkerEndpoint, name: string, to: TransportTarget) {
    this.#to = to
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve())
    })
    // Copies: a clone of a view takes all with it that its buffer holds.
    const [topic, publicKey] = [new Uint8Array(to.topic), new Uint8Array(to.publicKey)]
    const id = randomId()
    const wish = marked<Wish>(name, { id, topic, publicKey })
    this.#withdraw = () => page.postMessage(marked<Withdrawal>(name, { withdrawn: id }), [])
    this.#life = showLife(id)
    const say = async () => {
      await this.#life
      if (!this.#isStopping) page.postMessage(wish, [])
    }
    this.#unlisten = listen(page, (message) => {
      const announced = readMarked<Announcement>(name, message)
      if (announced?.port) this.#take(announced.port)
      else if (announced) say()
    })
    // A page that exposes nothing yet announces it when it does.
    say()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#unlisten()
    this.#settle()
    // What was sent reaches the page on other ports than the word to stop.
    while (this.#open.size > 0) await this.#closeAll()
    await this.#stopPage()
    // Not before: the page would take it for the end of this worker.
    const die = await this.#life
    die()
  }

  async #stopPage(): Promise<void> {
    const port = this.#port
    // Where no page has exposed one yet, there is nobody to wait for.
    if (!port) return this.#withdraw()
    await new Promise<void>((resolve) => {
      this.#onover = resolve
      port.postMessage('stop' satisfies ToTransport)
    })
  }

  /** The page starts its transport, and brings what happens by this port. */
  #take(port: MessagePort): void {
    this.#port?.close()
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<FromTransport>) => this.#takeMessage(data, port)
    onPortGone(port, () => this.#end(port))
  }

  #takeMessage(message: FromTransport, port: MessagePort) {
    switch (message.type) {
      case 'connection':
        return this.#admit(new WorkerConnection(message.port, message))
      case 'started':
        this.#isReady = true
        return this.#settle()
      case 'problem':
        return this.#to.onproblem(errorOf(message.error))
      case 'failed':
        this.#fail(errorOf(message.error))
        return this.#end(port)
      case 'over':
        return this.#end(port)
    }
  }

  #admit(connection: WorkerConnection): void {
    this.#open.add(connection)
    connection.over.then(() => this.#open.delete(connection))
    if (this.#isStopping) connection.close()
    else handOver(connection, this.#to)
  }

  /** A transport that a page exposed in place of another one has nobody else to tell. */
  #fail(error: Error): void {
    if (this.#isReady) this.#to.onproblem(error)
    else {
      this.#unlisten()
      this.#life.then((die) => die())
      this.#settle(error)
    }
  }

  #end(port: MessagePort): void {
    if (port !== this.#port) return
    this.#port = undefined
    port.close()
    this.#onover()
  }

  async #closeAll(): Promise<void> {
    const open = [...this.#open]
    for (const connection of open) connection.close()
    await Promise.all(open.map(({ over }) => over))
  }
}
