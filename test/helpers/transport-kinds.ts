import { EventEmitter, once } from 'node:events'
import { Duplex } from 'node:stream'
import eos from 'end-of-stream'
import SimplePeer from 'simple-peer'
import { memoryPair } from '../../src/transports/memory.ts'
import { controllableWire } from './controllable-wire.ts'
import { socketPair, turn } from './sessions.ts'

// biome-ignore lint/suspicious/noExplicitAny: each kind of transport has a type of its own.
export type Transport = any

export interface TransportKind {
  make(): Promise<[Transport, Transport]> | [Transport, Transport]
  /** Takes one end away in the middle. */
  cut(end: Transport): void
  /** Lets one end fail with an error; left out where a transport cannot. */
  fail?(end: Transport, error: Error): void
}

export const nodePair = (): [Duplex, Duplex] => {
  const ends: Duplex[] = [0, 1].map(
    (self) =>
      new Duplex({
        read() {},
        write: (chunk, _encoding, done) => {
          ends[1 - self]?.push(Buffer.from(chunk))
          done()
        },
        final: (done) => {
          ends[1 - self]?.push(null)
          done()
        },
        destroy: (error, done) => {
          ends[1 - self]?.destroy()
          done(error)
        },
      }),
  )
  return ends as [Duplex, Duplex]
}

/** The two ends of a simple-peer connection over channels that are joined here: no WebRTC in it. */
function simplePeerPair(): [Transport, Transport] {
  const peers = [0, 1].map(
    () =>
      new SimplePeer({
        wrtc: { RTCPeerConnection: FakeConnection, RTCSessionDescription: Object, RTCIceCandidate: Object },
      }),
  )
  for (const [self, peer] of peers.entries()) {
    peer._channel = fakeChannel(() => peers[1 - self])
    peer._connected = true
  }
  return peers as [Transport, Transport]
}

class FakeConnection extends EventEmitter {
  createDataChannel() {
    return {}
  }
  close() {}
}

function fakeChannel(far: () => Transport) {
  return {
    bufferedAmount: 0,
    readyState: 'open',
    send: (chunk: Uint8Array) => {
      const copy = Buffer.from(chunk)
      setImmediate(() => far()._onChannelMessage({ data: copy }))
    },
    close: () => setImmediate(() => far()._onChannelClose()),
  }
}

const destroyed = {
  cut: (end: Transport) => end.destroy(),
  fail: (end: Transport, error: Error) => end.destroy(error),
}

export const transportKinds: Record<string, TransportKind> = {
  'TCP sockets': { make: socketPair, ...destroyed },
  'Node duplexes': { make: nodePair, ...destroyed },
  'streamx duplexes': {
    make: () => {
      const wire = controllableWire()
      return [wire.a, wire.b]
    },
    ...destroyed,
  },
  'simple-peers': { make: simplePeerPair, ...destroyed },
  'web streams': {
    make: () => {
      const there = new TransformStream<Uint8Array, Uint8Array>()
      const back = new TransformStream<Uint8Array, Uint8Array>()
      return [
        { readable: back.readable, writable: there.writable },
        { readable: there.readable, writable: back.writable },
      ]
    },
    cut: (end) => end.session.destroy(),
  },
  Connections: {
    make: () => memoryPair(),
    cut: (end) => end.abort(new Error('cut')),
    fail: (end, error) => end.abort(error),
  },
}

/** Every answer that end-of-stream gives for a stream, until that is closed. */
export function listen(stream: Transport): { over: Promise<((Error & { code?: string }) | null)[]> } {
  const answers: (Error | null)[] = []
  eos(stream, (error?: Error | null) => answers.push(error ?? null))
  const over = new Promise<(Error | null)[]>((resolve) =>
    stream.on('close', () => setImmediate(() => resolve(answers))),
  )
  return { over }
}

/** Waits until a transport is closed. */
export async function expectClosed(end: Transport) {
  if (end.over) await end.over
  else if (end.readable instanceof ReadableStream) {
    // What is still read ends, or is taken back.
    while (end.readable.locked && end.writable.locked === false) await turn()
  } else if (!end.destroyed) await once(end, 'close')
}
