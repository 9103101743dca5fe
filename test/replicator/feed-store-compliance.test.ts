import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import randomAccessFile from 'random-access-file'
import { file } from '../../src/storage/file.ts'
import { memory } from '../../src/storage/memory.ts'
import { storeCompliance } from '../compliance/store.ts'
import { feedStoreKind } from './feed-store-kind.ts'

const folder = () => mkdtemp(join(tmpdir(), 'replic8-store-'))
const remove = (directory: string) => rm(directory, { recursive: true, force: true })

storeCompliance(
  feedStoreKind('memory', async () => {
    const storage = memory()
    return { storage: () => storage, teardown: () => storage.destroy() }
  }),
)

storeCompliance(
  feedStoreKind('files', async () => {
    const directory = await folder()
    return { storage: () => file(directory), teardown: () => remove(directory) }
  }),
)

storeCompliance(
  feedStoreKind('random-access-file', async () => {
    const directory = await folder()
    return {
      storage: () => (name: string) => randomAccessFile(join(directory, name)),
      teardown: () => remove(directory),
    }
  }),
)
