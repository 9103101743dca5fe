import { Replic8Error } from '../errors.ts'
import type { ManagedStorage } from './core-storage.ts'

/** In place of file.ts in a browser, which has no folders. Throws `ERR_BAD_OPTION`. */
export function file(_directory: string): ManagedStorage {
  throw new Replic8Error(
    'ERR_BAD_OPTION',
    'A browser has no folders: file() is for Node, use idb(name) here.',
  )
}
