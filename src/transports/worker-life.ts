/**
 * How a page learns that its worker is gone: no event says so in every browser, but a Web Lock that the worker held is
 * free then. Where there are no Web Locks, as in Node 20, the ports say it.
 */
const nothing = () => {}
const locks = () => (globalThis as { navigator?: Navigator }).navigator?.locks
const nameOf = (id: string) => `replic8:transport:${id}`

/** Shows as long as this worker lives that the owner of this id does; gives what ends that. */
export function showLife(id: string): Promise<() => void> {
  return new Promise((resolve) => {
    const held = locks()?.request(nameOf(id), () => new Promise<void>((release) => resolve(release)))
    // A page without an origin of its own may not have locks.
    if (held) held.catch(() => resolve(nothing))
    else resolve(nothing)
  })
}

/** Hears of the end of one that shows its life; gives what ends that. */
export function onLifeLost(id: string, onlost: () => void): () => void {
  const watch = new AbortController()
  locks()?.request(nameOf(id), { signal: watch.signal }, onlost).catch(nothing)
  return () => watch.abort()
}
