import { expect, test } from 'vitest'
import { memoryPair } from '../../src/transports/memory.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { sessions } from '../helpers/sessions.ts'

test('connectionKind is the kind of the Connection, and null before pipe', () => {
  const [a, b] = sessions()
  expect([a.connectionKind, b.connectionKind]).toEqual([null, null])
  const [mine, theirs] = memoryPair({ kind: 'relay' })
  a.pipe(mine)
  b.pipe(theirs)
  expect([a.connectionKind, b.connectionKind]).toEqual(['relay', 'relay'])
  a.destroy()
  expect(a.connectionKind).toBe('relay')
})

test("connectionKind is 'stream' for anything that is no Connection", () => {
  const [a, b] = sessions()
  const wire = controllableWire()
  a.pipe(wire.a)
  expect([a.connectionKind, b.connectionKind]).toEqual(['stream', null])
  b.stream.pipe(wire.b).pipe(b.stream)
  expect(b.connectionKind).toBe('stream')
  a.destroy()
  b.destroy()
})
