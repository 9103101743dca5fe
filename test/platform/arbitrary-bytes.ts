import fc from 'fast-check'

/** Any bytes of a length, or of a length between two. */
export const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength })
