import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { explanations } from '../../src/negotiation/explain.ts'

/** The rows of a page's table: a code, and a sentence. */
function rows(page: string): Record<string, string> {
  const text = readFileSync(page, 'utf8')
  return Object.fromEntries(
    [...text.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, code, sentence]) => [code, sentence]),
  )
}

test('docs/ERRORS.md says of every error code what the code says', () => {
  expect(rows('docs/ERRORS.md')).toEqual(errorCodes)
})

test('docs/WHY.md says of every answer of why() what the code says', () => {
  expect(rows('docs/WHY.md')).toEqual(explanations)
})
