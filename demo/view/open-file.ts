import { h } from './dom.ts'

/** Milliseconds for which the address of a file stands: the new tab or the download has begun by then. */
const lifetime = 60_000

/** Shows a file in a new tab; false when the browser does not allow one. */
export function openFile(blob: Blob): boolean {
  return window.open(addressOf(blob), '_blank') !== null
}

export function saveFile(blob: Blob, name: string) {
  h('a', { href: addressOf(blob), download: name }).click()
}

function addressOf(blob: Blob): string {
  const url = URL.createObjectURL(blob)
  setTimeout(() => URL.revokeObjectURL(url), lifetime)
  return url
}
