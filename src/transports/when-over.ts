import type { Connection } from '../connection.ts'

/** Hears of the end of a connection that has its owner already: `onover` is called behind the owner's `onclose`. */
export function whenOver(connection: Connection, onover: (err: Error | undefined) => void): Promise<void> {
  const { onclose } = connection
  return new Promise((resolve) => {
    connection.onclose = (err) => {
      onclose(err)
      resolve()
      onover(err)
    }
  })
}
