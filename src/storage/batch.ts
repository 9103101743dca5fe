/** What is answered together: the writes that one transaction commits. */
export interface Batch {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export function newBatch(): Batch {
  let settle: Pick<Batch, 'resolve' | 'reject'> | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...(settle as Pick<Batch, 'resolve' | 'reject'>) }
}
