type Lock = (fd: number) => boolean

let loading: Promise<Lock> | undefined

/**
 * The lock of the operating system on an open file (flock, LockFile), by the package fd-lock: the same that hypercore's
 * own storage takes on the same file. It holds between processes and within one, and ends with the process.
 * Where fd-lock has no binary (it ships them for Linux with glibc, macOS and Windows) nothing is locked, with a warning.
 */
export function fileLock(): Promise<Lock> {
  loading ??= import('fd-lock').then(
    (loaded) => loaded.default,
    (error: Error) => {
      process.emitWarning(
        `Cores on disk are not locked against other processes, because fd-lock does not run here: ${error.message}`,
        { code: 'REPLIC8_NO_FILE_LOCK' },
      )
      return () => true
    },
  )
  return loading
}
