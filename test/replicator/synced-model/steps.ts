import type { SyncOptions } from '../../../src/session/syncs.ts'

/** What can be done to a network. Numbers are picks: of so many members, feeds or links as there are. */
export interface Deeds {
  append: [feed: number, blocks: number]
  share: [feed: number]
  unshare: [feed: number]
  decline: [member: number, feed: number]
  /** The third: also when they are connected already. */
  connect: [a: number, b: number, again?: boolean]
  /** 0: the connection is cut; 1, 2: one end says goodbye. */
  disconnect: [link: number, how: number]
  restart: [member: number]
  synced: [member: number, filter: number]
  /** Turns of the event loop. */
  wait: [turns: number]
  /** Until every `synced` has been answered. */
  settle: []
}

export type Step = { [Deed in keyof Deeds]: [Deed, ...Deeds[Deed]] }[keyof Deeds]

/** Between whom the last phase makes sure of a connection: the first is member 1's. */
export type Tree = number[]

export const filters: SyncOptions[] = [
  {},
  {},
  { direction: 'in' },
  { direction: 'out' },
  { namespace: 'a' },
  { namespace: null },
]
