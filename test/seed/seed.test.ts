import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, installConsumer } from '../helpers/packed.ts'
import { Program, withImports } from './programs.ts'

const key = randomBytes(32).toString('hex')
const deps = ['hypercore@9', 'hyperdrive@10', 'random-access-memory@3', 'end-of-stream@1']

describe.each([
  ['npm', 'require', 'seed.cjs'],
  ['pnpm', 'import', 'seed.mjs'],
] as const)('the seed program, installed by %s, with %s', (manager, _, file) => {
  let consumer: Consumer
  let folder: string
  let running: Program[] = []

  beforeAll(async () => {
    consumer = await installConsumer({ manager, deps })
    const source = await readFile('test/seed/seed.cjs', 'utf8')
    await consumer.write('seed.cjs', source)
    await consumer.write('seed.mjs', withImports(source))
    folder = await realFolder()
  }, 240_000)

  afterEach(() => {
    for (const program of running) program.kill()
    running = []
  })

  afterAll(async () => {
    await consumer?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const start = (config: object) => {
    const program = new Program(consumer.dir, file, { key, cores: 0, drives: 0, ...config })
    running.push(program)
    return program
  }
  const portOf = async (program: Program) => (await program.line((line) => line.port)).port
  const endOf = (program: Program) => program.line((line) => line.eos)

  test('feeds and hyperdrives both ways over one TCP connection; it ends by itself, once, without an error', async () => {
    const left = start({ name: 'left', cores: 10, drives: 3, folder })
    const right = start({ name: 'right', cores: 10, drives: 2, connect: await portOf(left) })
    const [leftEnd, rightEnd] = await Promise.all([endOf(left), endOf(right)])
    for (const end of [leftEnd, rightEnd]) expect(end).toMatchObject({ eos: 1, error: null, same: true })
    expect(Object.keys(leftEnd.own.cores).length).toBe(10)
    expect(Object.keys(leftEnd.own.drives).length).toBe(3)
    expect(
      Object.values(leftEnd.own.drives).flatMap((files) => Object.keys(files as object)).length,
    ).toBeGreaterThan(30)
    expect(rightEnd.got).toEqual(leftEnd.own)
    expect(leftEnd.got).toEqual(rightEnd.own)
    expect(await Promise.all([left.ended, right.ended])).toEqual([0, 0])
    for (const program of [left, right]) {
      expect(program.lines.filter((line) => line.eos).length).toBe(1)
      expect(program.lines.filter((line) => line.problem)).toEqual([])
    }
  }, 120_000)

  test('empty feeds are not taken, and both sides end', async () => {
    const left = start({ name: 'left', cores: 3, empty: true })
    const right = start({ name: 'right', cores: 1, connect: await portOf(left) })
    const [leftEnd, rightEnd] = await Promise.all([endOf(left), endOf(right)])
    expect(leftEnd.error).toBeNull()
    expect(rightEnd.error).toBeNull()
    expect(rightEnd.got.cores).toEqual({})
    expect(leftEnd.got).toEqual(rightEnd.own)
  })

  test('accept(err) ends this side with that error, and the other with the reason', async () => {
    const left = start({ name: 'left', cores: 1 })
    const right = start({ name: 'right', refuse: 'no thanks', connect: await portOf(left) })
    const [leftEnd, rightEnd] = await Promise.all([endOf(left), endOf(right)])
    expect(rightEnd).toMatchObject({ eos: 1, error: { message: 'no thanks' }, same: true })
    expect(leftEnd).toMatchObject({ eos: 1, error: { code: 'ERR_PEER_REFUSED' }, same: true })
    expect(leftEnd.error.reason.message).toBe('no thanks')
    expect(await Promise.all([left.ended, right.ended])).toEqual([0, 0])
  })

  test('live: a feed of A reaches C through the handler of B, and so do blocks appended later', async () => {
    const opts = { live: true }
    const b = start({ name: 'b', peers: 2, opts })
    const connect = await portOf(b)
    // C first: B passes the feed on when it takes it, and says of one that is still empty that it is empty.
    const c = start({ name: 'c', follow: true, connect, opts })
    await c.line((line) => line.open)
    const a = start({ name: 'a', cores: 1, connect, opts })
    expect(await c.line((line) => line.index === 0)).toEqual({ block: 'a 0 0', index: 0 })
    a.say('later')
    expect(await c.line((line) => line.index === 1)).toEqual({ block: 'later', index: 1 })
    b.say('end')
    const ends = await Promise.all([endOf(a), endOf(c)])
    expect(ends.map((end) => end.error)).toEqual([null, null])
    expect(await Promise.all([a.ended, b.ended, c.ended])).toEqual([0, 0, 0])
  })
})

/** A folder with files of more than 20 MB in all: one large one, many small ones, an empty one, some in folders. */
async function realFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replic8-folder-'))
  await writeFile(join(folder, 'large.bin'), randomBytes(16 * 1024 * 1024))
  await writeFile(join(folder, 'empty.txt'), '')
  for (let i = 0; i < 32; i++) {
    await mkdir(join(folder, `part ${i % 4}`), { recursive: true })
    await writeFile(join(folder, `part ${i % 4}`, `file ${i}.bin`), randomBytes(160_000 + i))
  }
  return folder
}
