/** What the declarations of replic8 show of streamx, which has none: a duplex stream that pipes to and from Node's. */
export declare class Duplex {
  readonly readable: boolean
  readonly writable: boolean
  readonly destroyed: boolean
  on(event: string, listener: (...args: never[]) => void): this
  once(event: string, listener: (...args: never[]) => void): this
  off(event: string, listener: (...args: never[]) => void): this
  removeListener(event: string, listener: (...args: never[]) => void): this
  emit(event: string, ...args: unknown[]): boolean
  read(): Uint8Array | null
  write(chunk: Uint8Array): boolean
  end(chunk?: Uint8Array): this
  pause(): this
  resume(): this
  pipe<Target>(destination: Target, done?: (error?: Error | null) => void): Target
  destroy(error?: Error | null): void
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>
}
