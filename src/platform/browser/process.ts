/** The little of Node's `process` that the bundled dependencies use. Nothing of a page is touched. */
export const process = {
  nextTick(callback: (...args: unknown[]) => void, ...args: unknown[]) {
    queueMicrotask(() => callback(...args))
  },
  env: {} as Record<string, string | undefined>,
  browser: true,
  version: '',
  versions: {} as Record<string, string>,
  platform: 'browser',
}

export default process
