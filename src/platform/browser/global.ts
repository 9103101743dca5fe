/** What the bundled dependencies call `global`: the page's own, read only by feature detection. */
export const globalObject = globalThis
