import { expect, test } from 'vitest'
import { until } from '../helpers/sharing.ts'
import { connect, connected, problemsOf, replicator } from './peers.ts'

const bad = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })

test('messages reach peers that come later, and say from whom they are', async () => {
  const [a, b] = [replicator(), replicator()]
  const heard: unknown[] = []
  const atA = a.registerExtension<{ n: number }>('count', { encoding: 'json' })
  b.registerExtension<{ n: number }>('count', {
    encoding: 'json',
    onmessage: (message, session) => heard.push(message, b.sessions.indexOf(session)),
  })
  connect(a, b)
  // Before the session is open it waits.
  atA.broadcast({ n: 1 })
  await until(() => heard.length === 2)
  expect(heard).toEqual([{ n: 1 }, 0])
})

test('a name is taken once, and is free after destroy', async () => {
  const [a, b] = [replicator({ extensions: { mine: {} } }), replicator()]
  const heard: string[] = []
  const listen = { encoding: 'utf-8' as const, onmessage: (text: string) => heard.push(text) }
  const first = b.registerExtension<string>('chat', listen)
  expect(() => b.registerExtension('chat')).toThrow(bad)
  expect(() => a.registerExtension('mine')).toThrow(bad)
  expect(() => a.registerExtension('')).toThrow(bad)
  expect(() => a.registerExtension('odd', { encoding: 'morse' as never })).toThrow(bad)
  await connected(a, b)
  const chat = a.registerExtension<string>('chat', { encoding: 'utf-8' })
  const marker = a.registerExtension<string>('marker', { encoding: 'utf-8' })
  first.destroy()
  first.destroy()
  b.registerExtension<string>('marker', listen)
  chat.broadcast('nobody hears')
  marker.broadcast('one')
  await until(() => heard.length === 1)
  b.registerExtension<string>('chat', listen)
  chat.broadcast('two')
  await until(() => heard.length === 2)
  expect(heard).toEqual(['one', 'two'])
})

test('what is too large is refused, also while there is nobody; nothing goes to a session that is over', async () => {
  const [a, b] = [replicator({ limits: { messageBytes: 10 } }), replicator()]
  const chat = a.registerExtension<Buffer>('chat')
  expect(() => chat.broadcast(Buffer.alloc(11))).toThrow(bad)
  const [atA] = await connected(a, b)
  expect(() => chat.send(Buffer.alloc(11), atA)).toThrow(bad)
  atA.end()
  await atA.closed
  chat.send(Buffer.alloc(1), atA)
  chat.broadcast(Buffer.alloc(1))
})

test('a handler that fails is a problem', async () => {
  const [a, b] = [replicator(), replicator()]
  const problems = problemsOf(b)
  b.registerExtension('chat', {
    onmessage: () => {
      throw new Error('no')
    },
  })
  await connected(a, b)
  a.registerExtension('chat').broadcast(Buffer.from('hello'))
  await until(() => problems.length === 1)
  expect(problems[0]).toMatchObject({ code: 'ERR_HANDLER_FAILED' })
})
