import type { Connection } from '../connection.ts'
import { type Replic8Error, toReplic8Error } from '../errors.ts'

/** Gives a connection to its owner. One whose owner throws is over, is told of, and costs no other. */
export function handOver(
  connection: Connection,
  to: { onconnection(connection: Connection): void; onproblem(error: Replic8Error): void },
): void {
  try {
    to.onconnection(connection)
  } catch (error) {
    const failed = toReplic8Error(error, 'ERR_HANDLER_FAILED')
    connection.abort(failed)
    to.onproblem(failed)
  }
}
