/** What the benchmarks use of packages that are not installed with the repository (bench/peers.json). */
declare module 'yjs' {
  export class Doc {
    getArray(name: string): YArray
  }
  export interface YArray {
    readonly length: number
    get(index: number): Uint8Array
    push(items: Uint8Array[]): void
    observe(listener: () => void): void
  }
}

declare module 'y-websocket' {
  import type { Doc } from 'yjs'
  export class WebsocketProvider {
    constructor(
      url: string,
      room: string,
      doc: Doc,
      options: { WebSocketPolyfill: unknown; disableBc: boolean },
    )
    once(event: 'sync', listener: (synced: boolean) => void): void
  }
}

declare module '@automerge/automerge-repo' {
  export interface DocHandle<T> {
    readonly url: string
    doc(): T
    whenReady(): Promise<void>
    change(edit: (doc: T) => void): void
    on(event: 'change', listener: () => void): void
  }
  export class Repo {
    constructor(options: { network: unknown[]; sharePolicy?: () => Promise<boolean> })
    readonly networkSubsystem: { on(event: 'peer', listener: () => void): void }
    create<T>(initial: T): DocHandle<T>
    find<T>(url: string, options: { allowableStates: string[] }): Promise<DocHandle<T>>
  }
}

declare module '@automerge/automerge-repo-network-websocket' {
  import type { WebSocketServer } from 'ws'
  export class WebSocketServerAdapter {
    constructor(server: WebSocketServer)
  }
  export class WebSocketClientAdapter {
    constructor(url: string)
  }
}
