/**
 * Runs callbacks as tasks of their own, in order, without a timer: background tabs throttle timers to one a
 * minute and microtasks starve everything else, so neither can carry a stream of bytes. A bare
 * JavaScript has timers only.
 */

// Taken once: a test that replaces the timers of its process must not stop the bytes as well.
const immediate = globalThis.setImmediate as ((run: () => void) => unknown) | undefined

const waiting: (() => void)[] = []
let port: MessagePort | undefined

/** Calls `run` in the next task of the event loop. */
export function nextTask(run: () => void): void {
  if (immediate) {
    immediate(run)
    return
  }
  if (!('MessageChannel' in globalThis)) {
    setTimeout(run, 0)
    return
  }
  waiting.push(run)
  port ??= openPort()
  port.postMessage(0)
}

function openPort(): MessagePort {
  const channel = new MessageChannel()
  // One message, one callback: one that throws does not take the others with it.
  channel.port1.onmessage = () => waiting.shift()?.()
  // Where there is Node without its immediates, an open port would keep the process alive.
  ;(channel.port1 as { unref?(): void }).unref?.()
  return channel.port2
}
