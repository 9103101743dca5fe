/** As much as the declarations need of Node's `events`, so that they stand without @types/node. */
export class EventEmitter {
  on(event: string, listener: (...args: never[]) => void): this
  once(event: string, listener: (...args: never[]) => void): this
  off(event: string, listener: (...args: never[]) => void): this
  removeListener(event: string, listener: (...args: never[]) => void): this
  emit(event: string, ...args: unknown[]): boolean
  listenerCount(event: string): number
  setMaxListeners(count: number): this
}
