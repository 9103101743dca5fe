/**
 * The bridges that help the browsers of a room to find each other, of which one at a time is used: `?bridge=ws://…` in
 * the address, several with commas between them, else the one that the server of this page names. Gives none where there
 * is none, or `?bridge=off` says so.
 */
export async function findBridges(): Promise<string[]> {
  const asked = new URLSearchParams(location.search).get('bridge')
  if (asked !== null) return asked.split(',').filter(isUsable)
  try {
    const response = await fetch('./bridge.json', { cache: 'no-store' })
    if (!response.ok) return []
    const { url } = await response.json()
    return [url].filter(isUsable)
  } catch {
    // A server of files only, which may answer with a page.
    return []
  }
}

function isUsable(url: unknown): url is string {
  return typeof url === 'string' && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)
}
