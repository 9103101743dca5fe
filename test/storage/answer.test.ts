import { expect, test } from 'vitest'
import { answer } from '../../src/storage/answer.ts'
import { uncaughtErrors } from '../helpers/sessions.ts'

test('answers come after the call, in order, also those that are given by a callback', async () => {
  const heard: string[] = []
  answer<string>((_, value) => heard.push(`1 ${value}`), null, 'a')
  answer<string>(() => {
    heard.push('2')
    answer(() => heard.push('4'), null)
  }, null)
  answer(() => heard.push('3'), null)
  expect(heard).toEqual([])
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toEqual(['1 a', '2', '3', '4'])
})

test('a callback that throws is an uncaught error, and takes nobody else’s answer', async () => {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const uncaught = uncaughtErrors()
  const heard: number[] = []
  answer(() => {
    answer(() => heard.push(3), null)
    throw new Error('of the caller')
  }, null)
  answer(() => heard.push(1), null)
  answer(() => heard.push(2), null)
  await expect.poll(() => heard).toEqual([1, 2, 3])
  uncaught.stop()
  for (const listener of listeners) process.on('uncaughtException', listener)
  expect(uncaught.errors).toMatchObject([{ message: 'of the caller' }])
})
