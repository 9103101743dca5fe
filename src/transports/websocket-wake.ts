/**
 * Calls `run` when the network is back, and when the page is looked at again: timers of a hidden page may be a
 * minute late. Where there is no page nothing happens. Gives what ends it.
 */
export function onWake(run: () => void): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {}
  const onvisibility = () => {
    if (document.visibilityState === 'visible') run()
  }
  window.addEventListener('online', run)
  document.addEventListener('visibilitychange', onvisibility)
  return () => {
    window.removeEventListener('online', run)
    document.removeEventListener('visibilitychange', onvisibility)
  }
}
