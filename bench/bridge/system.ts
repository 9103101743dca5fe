/**
 * What the benchmarks of the bridge ask of replic8 and of what it is compared with: a server, and peers that meet in
 * rooms on it. In a room each peer may write a log, and hears of the logs of the others.
 */
export interface System {
  /** Everything in memory. @param rooms 64 hex digits each: those that there will be */
  startServer(rooms: string[]): Promise<Server>
  /** Resolves when the server has taken the peer in. */
  join(url: string, room: string): Promise<Peer>
}

export interface Server {
  url: string
  /** Resolves when so many logs are held with their first entry; the time of clock.ts. Left out: a room is one whole. */
  held?(logs: number): Promise<number>
}

export interface Peer {
  /** Begins a log. Gives the name by which others follow it. */
  publish(first: Uint8Array): Promise<string>
  append(entry: Uint8Array): void
  /** Tells how many entries of a log are in this peer's memory, each time that there are more; 0 is not told. */
  follow(log: string, onlength: (length: number) => void): Promise<void>
  read(log: string, index: number): Promise<Uint8Array>
}
