/**
 * The bridge that helps the browsers of a room to find each other: `?bridge=ws://…` in the address, else the one that
 * the server of this page names. Gives null where there is none, or `?bridge=off` says so.
 */
export async function findBridge(): Promise<string | null> {
  const asked = new URLSearchParams(location.search).get('bridge')
  if (asked !== null) return asked === 'off' ? null : usable(asked)
  try {
    const response = await fetch('./bridge.json', { cache: 'no-store' })
    if (!response.ok) return null
    const { url } = await response.json()
    return usable(url)
  } catch {
    // A server of files only, which may answer with a page.
    return null
  }
}

function usable(url: unknown): string | null {
  return typeof url === 'string' && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol) ? url : null
}
