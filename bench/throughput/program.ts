import { serve } from '../harness/serve.ts'
import { transfer } from './transfer.ts'

serve({ transfer })
