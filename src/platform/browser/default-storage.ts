/** In place of the package hypercore-default-storage: a browser has no folders that a path could name. */
import { Replic8Error } from '../../errors.ts'

function defaultStorage(): never {
  throw new Replic8Error(
    'ERR_BAD_ARGUMENT',
    'A path is no storage in a browser: give hypercore a function such as idb(name) of replic8/storage.',
  )
}

// CommonJS requires this module and takes the function itself.
export { defaultStorage as default, defaultStorage as 'module.exports' }
