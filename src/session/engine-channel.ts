/** What travels on a channel, as hypercore-protocol 8 names it. */
export interface DataMessage {
  index: number
  value: Buffer | null
  nodes: unknown[]
  signature: Buffer | null
}

export interface RequestMessage {
  readonly index: number
}

/** What hypercore-protocol calls when a message of the peer arrives on a channel. */
export interface ChannelHandlers {
  onopen?(): void
  onclose?(): void
  onoptions?(message: unknown): void
  onstatus?(message: unknown): void
  onhave?(message: { start: number; bitfield?: Uint8Array | null }): void
  onunhave?(message: unknown): void
  onwant?(message: { start: number; length: number }): void
  onunwant?(message: unknown): void
  onrequest?(message: unknown): void
  oncancel?(message: unknown): void
  ondata?(message: DataMessage): void
  onextension?(id: number, message: Buffer): void
}

/** A channel of hypercore-protocol 8. */
export interface EngineChannel {
  readonly key: Buffer | null
  readonly discoveryKey: Buffer
  readonly localId: number
  readonly remoteId: number
  handlers: ChannelHandlers | null
  readonly opened: boolean
  readonly closed: boolean
  readonly remoteOpened: boolean
  options(message: unknown): void
  status(message: unknown): void
  have(message: unknown): void
  unhave(message: unknown): void
  want(message: unknown): void
  unwant(message: unknown): void
  request(message: unknown): void
  cancel(message: unknown): void
  data(message: DataMessage): void
  extension(id: number, message: Buffer): void
  close(): void
}

/** What hypercore-protocol calls for each message of a channel, but for OPEN and CLOSE. */
export const messageHandlers = [
  'onoptions',
  'onstatus',
  'onhave',
  'onunhave',
  'onwant',
  'onunwant',
  'onrequest',
  'oncancel',
  'ondata',
  'onextension',
]
