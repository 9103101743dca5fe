import { fanOut } from './bridge/fan-out.ts'
import { sessions } from './bridge/sessions.ts'
import { frames } from './browser/frames.ts'
import { nodeToPage } from './browser/node-to-page.ts'
import { tabsBenchmark } from './browser/tabs.ts'
import { manyFeeds } from './feeds/many-feeds.ts'
import type { Benchmark } from './harness/results.ts'
import { reconnect } from './reconnect/reconnect.ts'
import { roundTrips } from './round-trips/round-trips.ts'
import { size } from './size/size.ts'
import { star } from './star/star.ts'
import { storeOpening } from './store/store.ts'
import { throughput } from './throughput/throughput.ts'
import { overWebSocket } from './websocket/websocket.ts'

/** In the order of the page. */
export const benchmarks: Benchmark[] = [
  manyFeeds,
  roundTrips,
  throughput,
  overWebSocket,
  star,
  reconnect,
  storeOpening,
  tabsBenchmark,
  nodeToPage,
  frames,
  fanOut,
  sessions,
  size,
]
