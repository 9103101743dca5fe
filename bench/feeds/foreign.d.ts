/** What the benchmarks use of packages that are not installed with the repository (bench/peers.json). */
declare module 'corestore-6' {
  import type { Untyped } from './variants.ts'

  const Corestore: Untyped
  export default Corestore
}

declare module 'corestore-7' {
  import type { Untyped } from './variants.ts'

  const Corestore: Untyped
  export default Corestore
}

declare module 'random-access-memory-6' {
  import type { Untyped } from './variants.ts'

  const RAM: Untyped
  export default RAM
}
