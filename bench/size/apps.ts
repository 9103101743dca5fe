/** The programs whose bundles are measured. What they name is kept; what they do not name a bundler may leave out. */
export const apps = {
  /** The natural one: a transport is joined by a Replicator. */
  replicator: `
    import { hypercore, Replicator, randomKey } from 'replic8'
    import { idb } from 'replic8/storage'
    import { broadcastSignal, webrtc } from 'replic8/webrtc'
    globalThis.app = { hypercore, Replicator, randomKey, idb, broadcastSignal, webrtc }`,
  /** One peer at a time, without a Replicator. */
  session: `
    import replic8, { hypercore, randomKey } from 'replic8'
    import { idb } from 'replic8/storage'
    import { broadcastSignal, webrtc } from 'replic8/webrtc'
    globalThis.app = { replic8, hypercore, randomKey, idb, broadcastSignal, webrtc }`,
  /** Nothing left out. */
  everything: `
    import * as replic8 from 'replic8'
    import * as storage from 'replic8/storage'
    import * as webrtc from 'replic8/webrtc'
    globalThis.app = { replic8, storage, webrtc }`,
  /** The packages that replic8 holds, with its own platform under them, and nothing of replic8 above. */
  packages: `
    import hypercore from 'hypercore'
    import Protocol from 'hypercore-protocol'
    import SimplePeer from 'simple-peer'
    globalThis.app = { hypercore, Protocol, SimplePeer }`,
  /** The same by hand: one encrypted stream over one data channel, the keys known, no negotiation. */
  stock: `
    import hypercore from 'hypercore'
    import Protocol from 'hypercore-protocol'
    import idb from 'random-access-idb'
    import SimplePeer from 'simple-peer'
    globalThis.app = { hypercore, Protocol, idb, SimplePeer }`,
}
