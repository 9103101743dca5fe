import type { Hypercore } from '../src/entry/index.ts'
import { promised } from './cores.ts'
import { authorOf } from './header.ts'
import type { Feed } from './library.ts'

export interface Message {
  text: string
  /** Milliseconds since 1970, by the author's clock. */
  time: number
}

/** A message in the merged timeline. */
export interface Entry extends Message {
  id: string
  author: string
  own: boolean
}

/** Reads the messages of one feed, in order, as far as they are here. */
export class MessageReader {
  readonly messages: Message[] = []
  private readonly core: Hypercore<unknown>
  private readonly changed: () => void
  private next = 0
  private reading = false

  constructor(core: Hypercore<unknown>, changed: () => void) {
    this.core = core
    this.changed = changed
    core.on('append', () => void this.read())
    void this.read()
  }

  async read(): Promise<void> {
    if (this.reading) return
    this.reading = true
    while (this.next < this.core.length && this.core.has(this.next)) {
      const block = await promised<unknown>((done) => this.core.get(this.next, done)).catch(() => null)
      this.next++
      const message = asMessage(block, this.messages.at(-1)?.time ?? 0)
      if (message) this.messages.push(message)
      this.changed()
    }
    this.reading = false
  }
}

/** What a peer wrote can be anything. A clock that was set back must not change the order of one author's words. */
function asMessage(block: unknown, notBefore: number): Message | null {
  if (typeof block !== 'object' || block === null) return null
  const { text, time } = block as Record<string, unknown>
  if (typeof text !== 'string' || typeof time !== 'number' || !Number.isFinite(time)) return null
  return { text: text.slice(0, 4000), time: Math.max(Math.min(time, 8.64e15), notBefore) }
}

/** The messages of all feeds that are here, by time. */
export function timelineOf(feeds: Iterable<Feed>): Entry[] {
  const entries: Entry[] = []
  for (const { key, own, header, reader } of feeds) {
    for (const [i, message] of reader?.messages.entries() ?? []) {
      entries.push({ ...message, id: `${key}/${i}`, author: authorOf(header), own })
    }
  }
  return entries.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1))
}
