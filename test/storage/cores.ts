import hypercore from 'hypercore'
import type { Storage } from '../../src/random-access-storage.ts'
import { ask } from './promised-file.ts'

/** A hypercore in the folder `directory`, once it is ready; rejects with what `ready` reports. */
export async function openCore(storage: Storage, directory: string) {
  const core = hypercore((filename: string) => storage(`${directory}/${filename}`))
  // hypercore emits the error of its open as well, and throws where nobody listens.
  core.on('error', () => {})
  await ask((cb) => core.ready(cb))
  return core
}

type Core = Awaited<ReturnType<typeof openCore>>

export async function appendAll(core: Core, blocks: Uint8Array[]): Promise<void> {
  await ask((cb) =>
    core.append(
      blocks.map((block) => Buffer.from(block)),
      cb,
    ),
  )
}

export function getBlock(core: Core, index: number): Promise<Uint8Array> {
  return ask<Uint8Array>((cb) => core.get(index, { wait: false }, cb))
}

export async function closeCore(core: Core): Promise<void> {
  await ask((cb) => core.close(cb))
}
