import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { memory } from '../../src/storage/memory.ts'

const key = Buffer.alloc(32, 7)
const length = 1500

/** The blocks of a feed in the order in which they came. */
async function received(): Promise<number[]> {
  const feed = hypercore(memory())
  await new Promise((done) =>
    feed.append(
      Array.from({ length }, (_, i) => `block ${i}`),
      done,
    ),
  )
  const [near, far] = [replic8(key), replic8(key)]
  const order: number[] = []
  far.on('advertise', (offer, accept) => {
    const copy = hypercore(memory(), offer.keys[0])
    copy.on('download', (index: number) => order.push(index))
    accept(null, [{ core: copy, maxRequests: 16 }])
  })
  near.share([feed])
  near.pipe(far.stream)
  await Promise.all([near.closed, far.closed])
  return order
}

test('a feed is fetched in runs of neighbouring blocks, which begin anywhere', async () => {
  const orders = await Promise.all([received(), received(), received()])
  for (const order of orders) {
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i))
    // Those of a group come in an order of their own.
    const near = order.filter((index, at) => Math.abs(index - (order[at - 1] ?? 0)) < 64)
    expect(near.length).toBeGreaterThan(0.9 * length)
  }
  // The first tells how long the feed is. The same three times has a chance of one in two million.
  expect(new Set(orders.map((order) => order[1])).size).toBeGreaterThan(1)
})
