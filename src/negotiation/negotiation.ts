import type { ControlMessage, EndReason, HelloMessage } from '../wire/messages.ts'
import { protocolVersion } from '../wire/messages.ts'
import { hurry, onmemory, onranges } from './comparing.ts'
import { checkEnd, ondone } from './ending.ts'
import type { Effect, HexKey, NegotiationEvent } from './events.ts'
import { answer, downloaded, onlength, onoffer, onupdate, onwithdraw, release, unblock } from './incoming.ts'
import {
  grew,
  onanswer,
  oncaughtup,
  onrelease,
  partlyReady,
  ready,
  share,
  unshare,
  update,
  withdraw,
} from './outgoing.ts'
import { flush } from './paging.ts'
import { forgetMemory, oncompare, onrecall, remember } from './recalling.ts'
import { createState, type NegotiationOptions, type State } from './state.ts'
import { awaitSync, checkWaiters } from './syncing.ts'

/**
 * What two peers agree on, as a machine: an event goes in, effects come out, as data. It has no clock, timer, promise
 * or stream, so a test can drive it step by step and a simulation can run thousands of them. See README.md beside it.
 */
export class Negotiation {
  readonly state: State

  constructor(options: NegotiationOptions) {
    this.state = createState(options)
  }

  /** Takes one event; gives what is to be done about it, in order. */
  handle(event: NegotiationEvent): Effect[] {
    const { state } = this
    step(state, event)
    flush(state)
    // Before the end, as nobody is answered after it.
    if (state.waiters.size > 0) checkWaiters(state)
    checkEnd(state)
    const { effects } = state
    state.effects = []
    return effects
  }
}

function step(state: State, event: NegotiationEvent) {
  switch (event.type) {
    case 'message':
      return onmessage(state, event.message)
    case 'share':
      return share(state, event.share, event.namespace, event.keys)
    case 'recollect':
      return remember(state, event.recollection, event.taken, event.fingerprint)
    case 'hurry':
      return hurry(state)
    case 'hold':
      state.firstBatch.add(event.share)
      return
    case 'partly-ready':
      return partlyReady(state, event.share, event.feeds)
    case 'ready':
      ready(state, event.share, event.feeds)
      return unblock(state, event.share)
    case 'unshare':
      return unshare(state, event.namespace, event.keys)
    case 'update':
      return update(state, event.namespace, event.key, event.header)
    case 'answer':
      return answer(state, event.first, event.accepted, event.reason)
    case 'grew':
      return grew(state, event.feeds)
    case 'downloaded':
      return downloaded(state, event.feeds)
    case 'failed':
      return fail(state, event.key, event.reason)
    case 'await-sync':
      return awaitSync(state, event.waiter, event.filter)
    case 'forget-sync':
      state.waiters.delete(event.waiter)
      return
  }
}

function onmessage(state: State, message: ControlMessage) {
  if (!state.peer !== (message.type === 'hello')) {
    const detail = message.type === 'hello' ? 'A second hello came.' : `"${message.type}" came before hello.`
    state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
    return
  }
  switch (message.type) {
    case 'hello':
      return onhello(state, message)
    case 'offer':
      return onoffer(state, message)
    case 'batch':
      state.peerBatchEnd ??= state.nextIncoming
      return forgetMemory(state)
    case 'memory':
      return onmemory(state, message)
    case 'compare':
      return oncompare(state, message)
    case 'ranges':
      return onranges(state, message)
    case 'recall':
      return onrecall(state, message)
    case 'answer':
      return onanswer(state, message)
    case 'withdraw':
      return onwithdraw(state, message)
    case 'release':
      return onrelease(state, message)
    case 'update':
      return onupdate(state, message)
    case 'length':
      return onlength(state, message.offers)
    case 'caught-up':
      return oncaughtup(state, message)
    case 'done':
      return ondone(state, message)
    // bye, extension, ping and pong say nothing about offers: the session takes them.
    default:
      return
  }
}

function onhello(state: State, hello: HelloMessage) {
  if (hello.version !== protocolVersion) {
    const detail = `The peer speaks version ${hello.version}, this end ${protocolVersion}.`
    state.effects.push({ type: 'violation', code: 'ERR_UNSUPPORTED_VERSION', detail })
  } else if (hello.limits.feedsPerPage < 1 || hello.limits.offersOutstanding < 1) {
    const detail = 'The peer takes no pages, or pages without feeds.'
    state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
  } else {
    state.peer = hello
    if (hello.remembers && state.fingerprint) state.reconciling = 'waiting'
  }
}

/** A core of ours is gone: takes back the offers of it, and gives up what we took of it. */
function fail(state: State, key: HexKey, reason: EndReason) {
  const feed = state.feeds.get(key)
  if (!feed) return
  withdraw(state, feed.outgoing.values(), reason)
  release(state, feed.incoming.values(), reason)
}
