import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createLog } from '../../src/bridge/log.ts'
import { Replic8Error } from '../../src/errors.ts'
import { randomKey } from '../../src/platform/random-key.ts'

test('whatever is logged, no key is in it', () => {
  const lines: unknown[][] = []
  const keep = (...line: unknown[]) => lines.push(line)
  const log = createLog({ debug: keep, info: keep, warn: keep, error: keep })
  const key = randomKey().toString('hex')
  const cause = Object.assign(new Error(`ENOSPC: no space left, write feeds/${key}/data`), { code: 'ENOSPC' })
  const error = new Replic8Error('ERR_STORE_FAILED', `The store failed for ${key.toUpperCase()}.`, { cause })

  log.warn({ error, nested: { list: [key, 5, null] } }, `Something about ${key}`)
  log.info({ url: 'ws://127.0.0.1:8787' }, 'It listens.')
  expect(JSON.stringify(lines)).not.toMatch(/[0-9a-f]{64}/i)
  expect(lines).toMatchObject([
    [
      {
        error: {
          code: 'ERR_STORE_FAILED',
          cause: { code: 'ENOSPC', message: 'ENOSPC: no space left, write feeds/[key]/data' },
        },
        nested: { list: ['[key]', 5, null] },
      },
      'Something about [key]',
    ],
    [{ url: 'ws://127.0.0.1:8787' }, 'It listens.'],
  ])
})

test.runIf(existsSync('/dev/full')).each(['json', 'pretty'] as const)(
  'a log on a disk that is full, as %s, ends nothing',
  (choice) => {
    const out = openSync('/dev/full', 'w')
    const log = createLog(choice, { out })
    for (let n = 0; n < 3; n++) log.warn({}, 'Nothing more is taken.')
    closeSync(out)
  },
)
