/** Ids in the order of their characters, the last followed by the first: whose neighbour an end is. */
export class MeshRing {
  readonly #own: string
  readonly #ids: string[]

  constructor(own: string) {
    this.#own = own
    this.#ids = [own]
  }

  /** How many others there are. */
  get size(): number {
    return this.#ids.length - 1
  }

  add(id: string): void {
    const at = this.#find(id)
    if (this.#ids[at] !== id) this.#ids.splice(at, 0, id)
  }

  delete(id: string): void {
    const at = this.#find(id)
    if (this.#ids[at] === id && id !== this.#own) this.#ids.splice(at, 1)
  }

  /** The successor and the predecessor of the own id among those that `counts`; one id where there is one other. */
  neighbours(counts: (id: string) => boolean): string[] {
    const after = this.#walk(1, counts)
    const before = this.#walk(-1, counts)
    if (after === undefined || before === undefined) return []
    return after === before ? [after] : [after, before]
  }

  /** The id that is furthest from the own one among those that `counts`. */
  furthest(counts: (id: string) => boolean): string | undefined {
    const { length } = this.#ids
    const opposite = this.#find(this.#own) + Math.floor(length / 2)
    for (let i = 0; i < length; i++) {
      // Once to the one side, once to the other: 0, 1, -1, 2, -2, …
      const away = i % 2 === 0 ? -i / 2 : (i + 1) / 2
      const id = this.#ids[(opposite + away + length) % length] as string
      if (id !== this.#own && counts(id)) return id
    }
    return undefined
  }

  /** Steps from one id to another, the shorter way round. */
  distance(one: string, other: string): number {
    const steps = Math.abs(this.#find(one) - this.#find(other))
    return Math.min(steps, this.#ids.length - steps)
  }

  #walk(step: 1 | -1, counts: (id: string) => boolean): string | undefined {
    const { length } = this.#ids
    let at = this.#find(this.#own)
    for (let i = 1; i < length; i++) {
      at = (at + step + length) % length
      const id = this.#ids[at] as string
      if (counts(id)) return id
    }
    return undefined
  }

  /** Where the id is, or belongs. */
  #find(id: string): number {
    let low = 0
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ids[middle] as string) < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
