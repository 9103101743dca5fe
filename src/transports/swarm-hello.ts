import { createHmac, timingSafeEqual } from 'node:crypto'
import { Replic8Error } from '../errors.ts'
import type { NoiseStream } from './swarm-hyperswarm.ts'

/**
 * Anybody who asks a node of the DHT learns who announced what there, and can connect. So the topic itself never goes
 * into the DHT, but a hash of it, under which nothing else is found; and each end shows first that it knows the topic:
 * 'replic8/1 ' in ASCII and 32 bytes that depend on the topic, on the connection, and on the end.
 */
const prefix = Buffer.from('replic8/1 ')

/** The topic under which peers of `topic` find each other in the DHT, 32 bytes. */
export function dhtTopic(topic: Uint8Array): Buffer {
  return createHmac('sha256', topic).update('replic8 swarm topic v1').digest()
}

/** What this end says first. */
export function helloOf(topic: Uint8Array, stream: NoiseStream): Buffer {
  return Buffer.concat([prefix, proof(topic, stream, stream.isInitiator)])
}

/** @throws ERR_HANDSHAKE, ERR_UNSUPPORTED_VERSION, unless `message` is what an end that knows the topic says first */
export function verifyHello(message: Uint8Array, topic: Uint8Array, stream: NoiseStream): void {
  const expected = Buffer.concat([prefix, proof(topic, stream, !stream.isInitiator)])
  if (message.length === expected.length && timingSafeEqual(message, expected)) return
  const version = /^replic8\/(\d{1,9}) /.exec(Buffer.from(message.subarray(0, 18)).toString('latin1'))?.[1]
  if (version === undefined || version === '1')
    throw new Replic8Error('ERR_HANDSHAKE', 'A peer of the swarm does not know the topic.')
  throw new Replic8Error('ERR_UNSUPPORTED_VERSION', `A peer says hello in version ${version}, not 1.`)
}

function proof(topic: Uint8Array, { handshakeHash }: NoiseStream, ofInitiator: boolean): Buffer {
  const hmac = createHmac('sha256', topic).update('replic8 swarm hello v1')
  return hmac
    .update(ofInitiator ? 'i' : 'r')
    .update(handshakeHash)
    .digest()
}
