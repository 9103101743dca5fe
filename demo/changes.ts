/** Milliseconds within which many changes become one. */
const pause = 40

/** Tells one listener, soon, that something changed. */
export class Changes {
  private timer: ReturnType<typeof setTimeout> | undefined
  private listener: () => void = () => {}

  listen(listener: () => void) {
    this.listener = listener
    this.happened()
  }

  readonly happened = () => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.listener()
    }, pause)
  }
}
