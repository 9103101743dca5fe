import { replic8 } from '../session/replic8.ts'
import * as named from './index.ts'

export * from './index.ts'
export { default } from './index.ts'

// What `require('replic8')` gives: the function, with everything else on it.
const callable = Object.assign(replic8, named)

export { callable as 'module.exports' }
