import type { CallFrame, Frame } from './frames.ts'

/** What `node --cpu-prof` leaves. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[]
  samples: number[]
  /** Microseconds from the sample before. */
  timeDeltas: number[]
}

/** A function where it was called from, as a flame graph shows it. Times are microseconds. */
export interface Flame {
  name: string
  /** With all that it called. */
  value: number
  self: number
  frame: Frame
  children: Flame[]
}

const flame = (frame: Frame): Flame => ({
  name: frame.source ? `${frame.name} — ${frame.source}` : frame.name,
  value: 0,
  self: 0,
  frame,
  children: [],
})

/** One tree of all profiles: what has the same callers is one, in whichever process it ran. */
export function merge(profiles: readonly CpuProfile[], read: (frame: CallFrame) => Frame): Flame {
  const root = flame({ name: 'all', source: '' })
  for (const profile of profiles) add(root, profile, read)
  total(root)
  return root
}

function add(
  root: Flame,
  { nodes, samples, timeDeltas }: CpuProfile,
  read: (frame: CallFrame) => Frame,
): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const self = new Map<number, number>()
  samples.forEach((id, i) => {
    self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[i] ?? 0))
  })
  const visit = (id: number, into: Flame) => {
    into.self += self.get(id) ?? 0
    for (const child of byId.get(id)?.children ?? []) {
      const { callFrame } = byId.get(child) as CpuProfile['nodes'][number]
      if (callFrame.functionName !== '(idle)') visit(child, childOf(into, read(callFrame)))
    }
  }
  if (nodes[0]) visit(nodes[0].id, root)
}

function childOf(parent: Flame, frame: Frame): Flame {
  const made = flame(frame)
  const found = parent.children.find(({ name }) => name === made.name)
  if (!found) parent.children.push(made)
  return found ?? made
}

function total(node: Flame): number {
  node.value = node.self + node.children.reduce((sum, child) => sum + total(child), 0)
  return node.value
}

/** Self times added up by what `keyOf` says, the largest first. */
export function selfTimes(
  root: Flame,
  keyOf: (frame: Frame) => string,
): [key: string, microseconds: number][] {
  const times = new Map<string, number>()
  const visit = ({ self, frame, children }: Flame) => {
    if (self > 0) times.set(keyOf(frame), (times.get(keyOf(frame)) ?? 0) + self)
    children.forEach(visit)
  }
  visit(root)
  return [...times].sort(([, a], [, b]) => b - a)
}

/** Without what is too narrow to be seen. */
export function pruned(node: Flame, least: number): object {
  const children = node.children.filter(({ value }) => value >= least).map((child) => pruned(child, least))
  return { name: node.name, value: node.value, children }
}
