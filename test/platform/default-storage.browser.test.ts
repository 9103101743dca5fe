import hypercore from 'hypercore'
import { expect, test } from 'vitest'

test('a path as storage says what to give instead', async () => {
  const open = () =>
    new Promise((resolve, reject) => {
      hypercore('./feed').ready((error: Error | null) => (error ? reject(error) : resolve(undefined)))
    })
  await expect(open()).rejects.toThrow(/idb\(name\)/)
})
