import { expect, test } from 'vitest'
import { Download } from '../../src/session/download.ts'
import type { Part } from '../../src/session/part.ts'

/** A download of feeds that say what a test wants them to say. */
function downloading(lengths: number[], { feedLimit = lengths.length, watched = true } = {}) {
  const state = { lengths, asked: false, fetching: false, looks: 0, watched }
  const parts = lengths.map((_, i) => ({
    get length() {
      return state.lengths[i]
    },
    asked: () => state.asked,
    fetch: () => {
      state.fetching = true
    },
    leave: () => {
      state.fetching = false
    },
    downloaded: (length: number) => Math.min(length, state.lengths[i] as number),
  }))
  const download = new Download({
    parts: parts as unknown as Part[],
    feedLimit,
    restLength: undefined,
    get watched() {
      return state.watched
    },
    ondirty: () => {
      state.looks++
    },
  })
  return { state, download }
}

test('it is complete when it has what the peer has', () => {
  const { state, download } = downloading([0])
  expect(download.complete()).toBe(null)
  download.aim([5])
  expect(state.fetching).toBe(true)
  state.lengths = [4]
  expect(download.complete()).toBe(null)
  state.lengths = [5]
  expect(download.complete()).toEqual([5])
  download.stop()
  expect([download.complete(), state.fetching]).toEqual([null, false])
})

test('of a feed that keeps growing, each length is reported that was the aim once', () => {
  const { state, download } = downloading([0])
  download.aim([5])
  for (let length = 6; length < 20; length++) download.aim([length])
  state.lengths = [7]
  expect(download.complete()).toEqual([7])
  state.lengths = [18]
  expect(download.complete()).toBe(null)
  state.lengths = [19]
  expect(download.complete()).toEqual([19])
})

test('several feeds are complete together; one that the core cannot have counts as complete', () => {
  const drive = downloading([0, 0])
  drive.download.aim([3, 4])
  drive.state.lengths = [3, 2]
  expect([drive.download.complete(), drive.download.progress()]).toEqual([null, { have: 5, want: 7 }])
  drive.state.lengths = [3, 4]
  expect(drive.download.complete()).toEqual([3, 4])

  const plain = downloading([3])
  plain.download.aim([3, 4])
  expect(plain.download.complete()).toEqual([3, 4])

  const unnamed = downloading([3], { feedLimit: 2 })
  unnamed.download.aim([3, 4])
  expect(unnamed.download.complete()).toBe(null)
})

test('with whole: false it is complete when nothing was asked for at two looks in a row', () => {
  const { state, download } = downloading([0], { watched: false })
  download.configure({ whole: false })
  download.aim([5])
  expect([download.complete(), download.complete(), state.fetching]).toEqual([null, null, false])
  state.watched = true
  state.asked = true
  expect([download.complete(), download.complete()]).toEqual([null, null])
  state.asked = false
  const before = state.looks
  expect(download.complete()).toBe(null)
  expect(state.looks).toBe(before + 1)
  state.asked = true
  expect(download.complete()).toBe(null)
  state.asked = false
  expect([download.complete(), download.complete()]).toEqual([null, [5]])
})

test('with download: false it is complete at once', () => {
  const { state, download } = downloading([0])
  download.configure({ download: false })
  download.aim([5])
  expect([download.complete(), state.fetching]).toEqual([[5], false])
})
