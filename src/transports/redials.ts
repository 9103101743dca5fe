import { BackOff } from './back-off.ts'

/** Milliseconds of the first wait and of the longest, before jitter. */
const waits = { minDelay: 1_000, maxDelay: 60_000 }
/** A peer that did not answer so many times is called again when the signal names it anew. */
const mostTries = 8

/** Calls peers again that could not be reached: later and later, and not for ever. */
export class Redials {
  readonly #peers = new Map<string, { backOff: BackOff; tries: number }>()

  /** Runs `call` after the next wait of this peer, unless it had its tries. */
  later(remote: string, call: () => void): void {
    const peer = this.#get(remote)
    peer.tries++
    if (peer.tries <= mostTries) peer.backOff.wait(call)
    else this.forget(remote)
  }

  /** Runs `call` after the next wait of this peer, however often: it is there, and only the direct way is missing. */
  always(remote: string, call: () => void): void {
    this.#get(remote).backOff.wait(call)
  }

  /** The peer is connected: it is not called now. Whether that lasts is not known yet, so its tries count on. */
  reached(remote: string): void {
    this.#peers.get(remote)?.backOff.cancel()
  }

  /** The peer stayed, or is gone: next time the waits begin anew. */
  forget(remote: string): void {
    this.#peers.get(remote)?.backOff.cancel()
    this.#peers.delete(remote)
  }

  clear(): void {
    for (const remote of [...this.#peers.keys()]) this.forget(remote)
  }

  #get(remote: string): { backOff: BackOff; tries: number } {
    const peer = this.#peers.get(remote) ?? { backOff: new BackOff(waits), tries: 0 }
    this.#peers.set(remote, peer)
    return peer
  }
}
