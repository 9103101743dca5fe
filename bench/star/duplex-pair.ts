import { Duplex } from 'node:stream'

/** Two streams joined within this process: what is written to one comes out of the other. */
export function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = []
  const waiting: (() => void)[] = []
  const end = (mine: number) =>
    new Duplex({
      read() {
        waiting[mine]?.()
        delete waiting[mine]
      },
      write(chunk, _, done) {
        const other = 1 - mine
        if (ends[other]?.push(chunk)) return done()
        waiting[other] = done
      },
      final(done) {
        ends[1 - mine]?.push(null)
        done()
      },
    })
  ends.push(end(0), end(1))
  return ends as [Duplex, Duplex]
}
