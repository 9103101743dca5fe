import { Replic8Error } from '../errors.ts'

/**
 * Counts what is answered to OPENs, CLOSEs and WANTs while the transport takes nothing. Blocks wait for the transport, and
 * these answers do not, as a channel is nothing without them: a peer that never reads could have any number of them.
 */
export class AnswerLimit {
  private readonly most: number
  private readonly onover: (error: Replic8Error) => void
  private answering = false
  /** Bytes, since the transport took what it was given. */
  private answered = 0

  /**
   * @param most bytes
   * @param onover there are more: ERR_TOO_MUCH_QUEUED
   */
  constructor(most: number, onover: (error: Replic8Error) => void) {
    this.most = most
    this.onover = onover
  }

  /** What is sent while `answer` runs counts. */
  during(answer: () => void) {
    this.answering = true
    answer()
    this.answering = false
  }

  /** @param isWritable false while the transport takes less than it is given */
  sent(bytes: number, isWritable: boolean) {
    if (isWritable) this.answered = 0
    else if (this.answering) this.answered += bytes
    if (this.answered > this.most)
      this.onover(new Replic8Error('ERR_TOO_MUCH_QUEUED', `More than ${this.most} bytes of answers wait.`))
  }
}
