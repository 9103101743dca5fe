import type { Step, Tree } from './steps.ts'

export type Run = [
  members: number,
  feeds: number,
  steps: Step[],
  tree: Tree,
  slowness: number[],
  luck: number,
]

/** Runs that once failed, as small as they could be made. */
export const regressions: Run[] = [
  // What was written a moment before was not waited for.
  [
    2,
    1,
    [
      ['connect', 7, 0],
      ['append', 0, 1],
      ['share', 0],
      ['append', 0, 1],
      ['wait', 3],
      ['append', 0, 1],
      ['synced', 0, 0],
    ],
    [0],
    [],
    312282569,
  ],
  // A feed whose offer was declined was taken as known to the peer, and not offered to it when it was shared later.
  [
    2,
    8,
    [
      ['share', 4],
      ['connect', 3, 0],
      ['wait', 2],
      ['share', 0],
      ['unshare', 12],
      ['disconnect', 0, 0],
      ['append', 36, 1],
      ['connect', 7, 6],
      ['wait', 3],
      ['share', 52],
    ],
    [0],
    [],
    13,
  ],
  // A peer that had more of a feed did not offer it, because it was offered what we had.
  [
    2,
    4,
    [
      ['share', 7],
      ['connect', 0, 29],
      ['wait', 3],
      ['disconnect', 0, 0],
      ['append', 11, 1],
      ['connect', 10, 45],
      ['wait', 3],
      ['synced', 0, 11],
    ],
    [0],
    [],
    276544053,
  ],
  // A store was asked after it was closed.
  [
    2,
    2,
    [
      ['connect', 0, 21],
      ['share', 13],
      ['wait', 2],
      ['share', 0],
      ['synced', 0, 0],
      ['restart', 21],
    ],
    [0],
    [],
    0,
  ],
]
