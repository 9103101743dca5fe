import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/bytes.ts'
import { errorCodes } from '../../src/errors.ts'
import { decodeMessage } from '../../src/wire/codec.ts'
import * as fixedLimits from '../../src/wire/limits.ts'
import { messageIds, messageTable } from '../../src/wire/message-table.ts'
import { answerReasons, endReasons, type MessageType, protocolVersion } from '../../src/wire/messages.ts'
import { toJson } from './message-json.ts'
import { vectors } from './vectors.ts'

// docs/PROTOCOL.md against the code: what the page says in tables, lists and examples is what the code does.

const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')
const types = Object.keys(messageIds) as MessageType[]

/** What stands below a heading, up to the next heading of its level or above. */
function section(heading: string): string {
  const level = heading.split(' ')[0] as string
  const start = page.indexOf(`\n${heading}\n`)
  expect(start, `no section "${heading}"`).toBeGreaterThan(-1)
  const rest = page.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{2,${level.length}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The first group of every match. */
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] as string)

/** The fields of a message as the page names them: `limits.headerBytes`, `offers[].id`. */
function fieldsOf(type: MessageType): string[] {
  const names = vectors.valid
    .filter(({ message }) => message.type === type)
    .flatMap(({ message: { type: _, ...fields } }) =>
      Object.entries(fields).flatMap(([name, value]) => {
        if (name === 'limits') return Object.keys(value as object).map((limit) => `limits.${limit}`)
        if (name !== 'offers') return [name]
        return (value as object[]).flatMap((row) => Object.keys(row).map((part) => `offers[].${part}`))
      }),
    )
  return [...new Set(names)]
}

describe.each(types)('the section of %s', (type) => {
  const text = section(`### ${type}`)
  const rule = messageTable[type]

  test('gives id, sender, legality and errors as the code has them', () => {
    expect(all(text, /^- Id: (.*)$/gm)).toEqual([String(messageIds[type])])
    expect(all(text, /^- Sender: (.*)$/gm)).toEqual([rule.sender])
    expect(all(text, /^- Legal: (.*)$/gm)).toEqual([rule.legal])
    expect(all(all(text, /^- Errors: (.*)$/gm).join(), /`(\w+)`/g)).toEqual(rule.errors)
  })

  test('names every field, in the order of the wire, and no other', () => {
    expect(all(text, /^\| `([^`]+)` \|/gm)).toEqual(fieldsOf(type))
  })

  test('says how the receiver reacts, and gives the codes of the list only', () => {
    const [reaction] = all(text, /^Reaction: (.*)$/gm)
    const told = new Set(all(reaction as string, /`(ERR_\w+)`/g))
    for (const code of told) if (!isOwnEnd(code)) expect(rule.errors).toContain(code)
  })

  test('has an example, and each one decodes to the message shown and is a vector', () => {
    const examples = [...text.matchAll(/```hex\n([^`]*)```\n\n```json\n([^`]*)```/g)]
    expect(examples.length).toBeGreaterThan(0)
    expect(examples.length).toBe(all(text, /^```(hex)$/gm).length)
    for (const [, digits, json] of examples) {
      const hex = (digits as string).replace(/\s/g, '')
      const message = JSON.parse(json as string)
      expect(message.type).toBe(type)
      expect(toJson(decodeMessage(fromHex(hex) as Uint8Array, vectors.limits))).toEqual(message)
      expect(vectors.valid).toContainEqual(expect.objectContaining({ hex, message }))
    }
  })
})

test('the sections of the control messages are those of the code, in the order of their ids', () => {
  const inOrder = [...types].sort((a, b) => messageIds[a] - messageIds[b])
  expect(all(section('## Control messages'), /^### (.*)$/gm)).toEqual(inOrder)
  expect(page).toContain(`\nVersion ${protocolVersion}.`)
})

test.each([
  ['Answer reasons', answerReasons],
  ['End reasons', endReasons],
])('%s are those of the code, with their bytes', (heading, reasons) => {
  const rows = [...section(`### ${heading}`).matchAll(/^\| (\d+) \| `([^`]+)` \|/gm)]
  expect(rows.map(([, byte, reason]) => [Number(byte), reason])).toEqual(
    reasons.map((reason, byte) => [byte, reason]),
  )
})

test("the protocol's own limits are those of the code", () => {
  const { textBytes, keyBytes, ...others } = fixedLimits
  const code = [
    ...Object.entries(others),
    ...Object.entries(textBytes).map(([name, value]) => [`textBytes.${name}`, value]),
  ]
  const rows = [...section('## Encoding').matchAll(/^\| `([\w.]+)` \| ([\d,]+) \|/gm)]
  const told = rows.map(([, name, value]) => [name, Number((value as string).replaceAll(',', ''))])
  expect(new Map(told as never)).toEqual(new Map(code as never))
  expect(section('## Encoding')).toContain(`| key | ${keyBytes} bytes |`)
})

test('every error code and every link within the page exists', () => {
  for (const code of all(page, /\b(ERR_\w+)/g)) expect(Object.keys(errorCodes)).toContain(code)
  const headings = all(page, /^#+ (.*)$/gm).map((heading) => heading.toLowerCase().replaceAll(' ', '-'))
  for (const link of all(page, /\]\(#([^)]+)\)/g)) expect(headings).toContain(link)
})

/** What a side ends with because the other one ended, not because the message was wrong. */
function isOwnEnd(code: string): boolean {
  return code === 'ERR_PEER_REFUSED' || code === 'ERR_TRUNCATED'
}
