import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

// The page beside the code names the same statuses, events and effects as the code.

const read = (file: string) => readFileSync(new URL(`../../src/negotiation/${file}`, import.meta.url), 'utf8')
const page = read('README.md')

/** What the first group of a pattern finds in a text: sorted, each once. */
const find = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1] as string))].sort()

/** The text from a marker to the next line that begins like `end`. */
function part(text: string, marker: string, end: string): string {
  const start = text.indexOf(marker)
  expect(start, marker).toBeGreaterThanOrEqual(0)
  const stop = text.indexOf(`\n${end}`, start + marker.length)
  return text.slice(start, stop < 0 ? undefined : stop)
}

describe('the page on the negotiation', () => {
  test.each([
    ['Events', 'export type NegotiationEvent ='],
    ['Effects', 'export type Effect ='],
  ])('has a row in the table of %s for each type, and no other', (heading, declaration) => {
    const rows = find(part(page, `\n## ${heading}\n`, '## '), /^\| `([a-z-]+)` *\|/gm)
    const types = find(`${part(read('events.ts'), declaration, 'export ')}`, /^ {2}\| \{ type: '([a-z-]+)'/gm)
    expect(types.length).toBeGreaterThan(10)
    expect(rows).toEqual(types)
  })

  test.each([
    ['An offer that we make', 'export interface Outgoing'],
    ["An offer of the peer's", 'export interface Incoming'],
  ])('draws "%s" with all of its statuses, and no other', (heading, declaration) => {
    const drawn = find(part(page, `\n## ${heading}\n`, '## '), /state "([a-z-]+)" as/g)
    const status = part(read('state.ts'), declaration, '}').match(/status: (.*)/)?.[1] as string
    expect(drawn).toEqual(find(status, /'([a-z-]+)'/g))
    for (const name of drawn) {
      const id = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
      expect(part(page, `\n## ${heading}\n`, '## ')).toContain(`state "${name}" as ${id}\n`)
    }
  })

  test('names every file of the folder that it speaks of', () => {
    for (const file of find(page, /`([a-z-]+\.ts)`/g)) expect(read(file)).not.toBe('')
  })
})
