import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, installConsumer } from '../helpers/packed.ts'

let consumer: Consumer
beforeAll(async () => {
  consumer = await installConsumer({ manager: 'npm' })
}, 240_000)
afterAll(() => consumer?.remove())

test('the first example of the README runs as it stands, in a project that installed the package', async () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  await consumer.write('example.mjs', example as string)
  const printed = await consumer.node('example.mjs')
  expect(printed).toMatch(/^offered: greetings\ncomplete: [0-9a-f]{8}\n$/)
})
