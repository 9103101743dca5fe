import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { file } from '../../src/storage/file.ts'
import { storageCompliance } from '../compliance/storage.ts'

storageCompliance({
  name: 'file',
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'replic8-storage-'))
    return {
      storage: file(directory),
      reopen: async () => file(directory),
      teardown: () => rm(directory, { recursive: true, force: true }),
    }
  },
})
