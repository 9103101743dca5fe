import { below, type Random, shuffled } from './random.ts'

/** Who is linked with whom, by number; each link once. */
export type Links = [number, number][]

/** Every one with every other. */
export function fullMesh(count: number): Links {
  const links: Links = []
  for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) links.push([a, b])
  return links
}

/**
 * A connected graph in which nearly everyone has `least` to `most` links: a ring through all in any order, so that
 * it is connected, and chords up to a degree that is drawn for each.
 */
export function randomGraph(random: Random, count: number, least: number, most: number): Links {
  const near = Array.from({ length: count }, () => new Set<number>())
  const links: Links = []
  const link = (a: number, b: number) => {
    if (a === b || near[a]?.has(b)) return
    near[a]?.add(b)
    near[b]?.add(a)
    links.push([a, b])
  }
  const degree = (node: number) => near[node]?.size ?? 0
  const ring = shuffled(random, count)
  for (const [i, node] of ring.entries()) link(node, ring[(i + 1) % count] as number)
  for (const node of shuffled(random, count)) {
    const wanted = least + below(random, most - least + 1)
    // A few tries are enough while others have room; the last to be drawn may find none.
    for (let tries = 0; tries < 100 && degree(node) < wanted; tries++) {
      const other = below(random, count)
      if (degree(other) < most) link(node, other)
    }
  }
  return links
}

/** How many links the farthest lies away from `start`. */
export function eccentricity(count: number, links: Links, start: number): number {
  const near: number[][] = Array.from({ length: count }, () => [])
  for (const [a, b] of links) {
    near[a]?.push(b)
    near[b]?.push(a)
  }
  const seen = new Set([start])
  let edge = [start]
  let steps = -1
  for (; edge.length > 0; steps++) {
    edge = edge.flatMap((node) => near[node] ?? []).filter((node) => !seen.has(node) && seen.add(node))
  }
  return steps
}
