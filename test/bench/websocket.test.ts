import { expect, test } from 'vitest'
import { overWebSocket } from '../../bench/websocket/websocket.ts'

test('a feed over a WebSocket and over a pipe is measured both ways, and its copy is right', async () => {
  const { rows } = await overWebSocket.run({ small: true, sources: true, log: () => {} })
  expect(rows).toHaveLength(4)
  for (const { what, replic8, theirs } of rows)
    for (const figure of [...replic8, ...(theirs ?? [])]) expect(figure, what).toBeGreaterThan(0)
})
