/**
 * WebAssembly, or undefined where there is none or a page's Content-Security-Policy forbids it: the packages that
 * use it ask only whether it is defined, and would throw while they are imported.
 */
export const webAssembly: typeof WebAssembly | undefined = mayCompile() ? globalThis.WebAssembly : undefined

function mayCompile(): boolean {
  try {
    // The smallest module there is: its magic number and version.
    new globalThis.WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    return true
  } catch {
    return false
  }
}
