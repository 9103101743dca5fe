import type { RandomAccessStorage, Storage } from '../random-access-storage.ts'

/**
 * random-access-idb 1.2.2 as it is: its `del` fails, some failures never answer, nothing is locked, nothing closes. The
 * database is opened with the first file. The package is loaded with it, since few choose this driver.
 */
export function randomAccessIdbStorage(name: string): Storage {
  let storage: Promise<Storage> | undefined
  return (filename) => {
    storage ??= import('random-access-idb').then(({ default: open }) => open(name) as Storage)
    return laterFile(storage.then((files) => files(filename)))
  }
}

/** Calls stay in their order. Where the package can not be loaded, every callback gets the reason. */
function laterFile(file: Promise<RandomAccessStorage>): RandomAccessStorage & { statable: true } {
  const call = (name: keyof RandomAccessStorage, args: unknown[]) => {
    const given = args.at(-1)
    const done = typeof given === 'function' ? given : () => {}
    file.then(
      (opened) => (opened[name] as (...args: unknown[]) => void).apply(opened, args),
      done as () => void,
    )
  }
  return {
    statable: true,
    open: (...args) => call('open', args),
    read: (...args) => call('read', args),
    write: (...args) => call('write', args),
    del: (...args) => call('del', args),
    stat: (...args) => call('stat', args),
    close: (...args) => call('close', args),
    destroy: (...args) => call('destroy', args),
  }
}
