/** What this origin stores, in bytes, as the browser estimates it. */
export interface StorageUsage {
  /** Bytes in use by everything of this origin; undefined where nobody knows, as in Node. */
  used: number | undefined
  /** Bytes that this origin may use; undefined where nobody knows, as in Node. */
  quota: number | undefined
  /** Whether what is stored stays until a user removes it. */
  persisted: boolean
}

/**
 * Asks the browser never to evict what this origin stored, and resolves with whether that is so. Without it a browser
 * that runs short of disk may remove everything. Some browsers ask the user. True in Node, where files stay; false in a
 * browser that cannot promise it (a page without TLS).
 */
export async function persist(): Promise<boolean> {
  if (!inBrowser()) return true
  const manager = globalThis.navigator?.storage
  if (!manager?.persist) return false
  return (await manager.persisted()) || manager.persist()
}

/** What is used, and how much there is. In Node: unknown, and persisted. */
export async function usage(): Promise<StorageUsage> {
  if (!inBrowser()) return { used: undefined, quota: undefined, persisted: true }
  const manager = globalThis.navigator?.storage
  const { usage: used, quota } = (await manager?.estimate?.()) ?? {}
  return { used, quota, persisted: (await manager?.persisted?.()) ?? false }
}

function inBrowser(): boolean {
  return globalThis.indexedDB !== undefined
}
