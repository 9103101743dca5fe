// biome-ignore lint/suspicious/noExplicitAny: each function has arguments of its own.
export type Functions = Record<string, (...args: any[]) => unknown>

/** Lets the benchmark call functions of this page. */
export function serve(functions: Functions): Functions {
  Object.assign(globalThis, { bench: functions })
  return functions
}

/** Milliseconds of the clock that all tabs and processes of the machine share. */
export const now = () => performance.timeOrigin + performance.now()

/** A block that is told from others by its number. */
export function blockOf(index: number, bytes: number): Uint8Array {
  const block = new Uint8Array(bytes).fill(index % 251)
  new DataView(block.buffer).setUint32(0, index)
  return block
}

export function assertBlock(block: Uint8Array, index: number, bytes: number): void {
  const wanted = blockOf(index, bytes)
  const same = block.length === bytes && wanted.every((byte, i) => byte === block[i])
  if (!same) throw new Error(`Block ${index} is not what was written.`)
}

/** A promise of what a function with a callback gives. */
export function promised<T>(call: (done: (error: Error | null, value: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)))
  })
}
