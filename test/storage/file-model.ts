import fc from 'fast-check'
import { expect } from 'vitest'
import { codeOf, type PromisedFile, pattern } from './promised-file.ts'

/** The simplest storage that can be right: one array. */
export class FileModel {
  bytes = new Uint8Array(0)

  write(offset: number, data: Uint8Array): void {
    if (data.length === 0) return
    const grown = new Uint8Array(Math.max(this.bytes.length, offset + data.length))
    grown.set(this.bytes)
    grown.set(data, offset)
    this.bytes = grown
  }

  del(offset: number, size: number): void {
    if (offset + size >= this.bytes.length) this.bytes = this.bytes.slice(0, offset)
    else this.bytes.fill(0, offset, offset + size)
  }

  read(offset: number, size: number): Uint8Array | undefined {
    return offset + size <= this.bytes.length ? this.bytes.slice(offset, offset + size) : undefined
  }
}

export interface Operation {
  kind: 'read' | 'write' | 'del' | 'stat'
  offset: number
  size: number
  seed: number
  /** Whether the next operation waits for this one. */
  awaited: boolean
}

// Places near the edges of pages of 4, 16 and 64 KiB, where the mistakes are.
const edge = fc
  .tuple(fc.nat(12), fc.integer({ min: -3, max: 3 }))
  .map(([n, by]) => Math.max(0, n * 16_384 + by))
const place = fc.oneof(edge, fc.nat(200_000), fc.nat(64))
const length = fc.oneof(fc.nat(100), fc.constantFrom(0, 4096, 16_384, 65_536, 40), fc.nat(70_000))

export const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('read', 'read', 'write', 'write', 'write', 'del', 'stat'),
  offset: place,
  size: length,
  seed: fc.nat(255),
  awaited: fc.boolean(),
})

/** Does the operations on both; each answer has to be the model's at the time of the call. */
export async function runAgainst(
  model: FileModel,
  file: PromisedFile,
  operations: Operation[],
): Promise<void> {
  let pending: Promise<void>[] = []
  for (const operation of operations) {
    pending.push(compare(model, file, operation))
    if (operation.awaited) {
      await Promise.all(pending)
      pending = []
    }
  }
  await Promise.all(pending)
}

async function compare(model: FileModel, file: PromisedFile, { kind, offset, size, seed }: Operation) {
  if (kind === 'write') {
    const data = pattern(size, seed)
    model.write(offset, data)
    await file.write(offset, data)
  } else if (kind === 'del') {
    model.del(offset, size)
    await file.del(offset, size)
  } else if (kind === 'stat') {
    const expected = model.bytes.length
    expect(await file.size()).toBe(expected)
  } else {
    const expected = model.read(offset, size)
    const answer = file.read(offset, size)
    if (!expected) expect(await codeOf(answer)).toBe('ERR_NOT_FOUND')
    else expectSame(await answer, expected)
  }
}

/** Compares bytes; quick where they are equal, and short where they are not. */
export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length)
  const different = actual.findIndex((byte, i) => byte !== expected[i])
  expect(different, 'the first byte that differs').toBe(-1)
}
