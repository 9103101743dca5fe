import { keyOf, type SideOptions } from './side.ts'
import type { Step } from './world.ts'

type Example = [left: SideOptions, right: SideOptions, steps: Step[], mask: number]

const small = { feedsPerPage: 1, offersOutstanding: 1 }
const live = { live: true, limits: small }
const oneShot = { live: false, limits: small }

/** Runs that once failed, as small as they could be made. */
export const regressions: { live: Example[]; oneShot: Example[] } = {
  live: [
    // One feed twice in a share: the share was never answered.
    [live, oneShot, [[0, 'share', null, [keyOf(2), keyOf(2)]]], 255],
    // An older offer, accepted after a newer one of the same feed, lowered the target of its download.
    [
      { ...live, limits: { feedsPerPage: 1, offersOutstanding: 2 } },
      live,
      [
        [0, 'deliver'],
        [1, 'deliver'],
        [1, 'share', null, [keyOf(1)]],
        [1, 'ready', 0, 9, {}],
        [1, 'grow', keyOf(1), 1],
        [1, 'share', 'a', [keyOf(1)]],
        [1, 'ready', 0, 9, {}],
        [1, 'deliver'],
        [1, 'deliver'],
        [1, 'deliver'],
        [1, 'deliver'],
        [1, 'deliver'],
        [1, 'unshare', null, keyOf(1)],
        [0, 'answer', 1, 255, 'declined'],
      ],
      255,
    ],
  ],
  oneShot: [
    // Taking "done" back was heard as a new "done" as soon as a page had come.
    [
      oneShot,
      oneShot,
      [
        [0, 'deliver'],
        [1, 'share', null, [keyOf(1)]],
      ],
      255,
    ],
    [
      oneShot,
      oneShot,
      [
        [0, 'deliver'],
        [1, 'share', null, [keyOf(1), keyOf(2)]],
      ],
      0,
    ],
  ],
}
