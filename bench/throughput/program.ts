import { serve } from '../harness/serve.ts'
import { type SystemName, type Transfer, transfer } from './transfer.ts'

serve({
  /** What compiles and loads does so before the run that counts, in both systems alike. */
  async run(name: SystemName, measured: Transfer, warmUp: Transfer) {
    await transfer(name, warmUp)
    return transfer(name, measured)
  },
})
