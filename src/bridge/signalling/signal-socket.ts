import { Replic8Error, toReplic8Error } from '../../errors.ts'
import {
  type ClientMessage,
  decodeSignal,
  encodeSignal,
  type ServerMessage,
  type SignalCode,
  signalLimits,
} from '../../transports/signal-wire.ts'
import { closeCodes, dismiss } from '../../transports/websocket-hello.ts'
import type { WebSocketLink } from '../../transports/websocket-link.ts'
import type { Refusal } from '../observer.ts'
import type { AddressQuota } from '../quotas.ts'
import type { SignalServerOptions } from './signal-server.ts'
import type { Member, Topic } from './topic.ts'

export interface SignalSocketOptions extends SignalServerOptions {
  address: string
  topic(name: string): Topic
  onover(): void
}

/** The most rooms of one socket. A client has one for each of its keys. */
const mostRooms = 256
/** Bytes on their way to a client, above which it is given up: it does not read. */
const mostUnread = 1_048_576

interface Room {
  topic: Topic
  member: Member
}

/** One client: what it says goes to the topics that it joined, and what is said there comes to it. */
export class SignalSocket {
  readonly #link: WebSocketLink
  readonly #options: SignalSocketOptions
  readonly #quota: AddressQuota
  readonly #rooms = new Map<number, Room>()
  /** Its last message was one too many. */
  #slow = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #over = false

  constructor(link: WebSocketLink, options: SignalSocketOptions) {
    this.#link = link
    this.#options = options
    this.#quota = options.quotas.address(options.address)
    link.events = {
      onmessage: (message) => this.#take(message),
      onover: () => this.#finish(),
      // What was held back of one that is gone would come out slower than others like it come and go.
      onlost: () => {
        link.cut()
        this.#finish()
      },
    }
  }

  shutDown(): void {
    this.#dismiss(closeCodes.shutDown, 'The server shuts down.')
  }

  #take(message: string | Uint8Array): void {
    // Of a socket that is always open: it keeps proxies from cutting it.
    if (message === '') return
    if (message.length > this.#options.limits.messageBytes) {
      this.#refuse('message-size', closeCodes.overLimit, 'The message is too large.')
      return
    }
    this.#holdBack()
    try {
      if (typeof message !== 'string') throw new Replic8Error('ERR_SIGNAL', 'Bytes came in signalling.')
      this.#obey(decodeSignal(message, 'client'))
    } catch {
      this.#refuse('message', closeCodes.notReplic8, 'ERR_SIGNAL')
    }
  }

  /** Who says much is heard slowly. Nothing is lost, and nothing piles up here: it waits on its own side. */
  #holdBack(): void {
    const wait = this.#quota.message()
    if (wait > 0 && !this.#slow) this.#options.observer.refused('messages', this.#options.address)
    this.#slow = wait > 0
    if (!this.#slow) return
    this.#link.hold()
    this.#timer = setTimeout(() => this.#link.release(), wait)
  }

  /** @throws for what no honest client says */
  #obey(message: ClientMessage): void {
    if (message.type === 'ping') this.#say({ type: 'pong' })
    else if (message.type === 'join') this.#join(message)
    else if (message.type === 'leave') this.#leave(message.room)
    else this.#obeyIn(this.#rooms.get(message.room), message)
  }

  #obeyIn(room: Room | undefined, message: Extract<ClientMessage, { type: 'send' | 'ask' }>): void {
    if (!room) throw new Replic8Error('ERR_SIGNAL', 'There is no such room.')
    if (message.type === 'send') room.topic.message(room.member.id, message.to, message.data)
    else this.#ask(message.room, room, message.to)
  }

  #join({ room, topic: name, id, secret }: Extract<ClientMessage, { type: 'join' }>): void {
    if (this.#rooms.has(room)) throw new Replic8Error('ERR_SIGNAL', 'There is such a room.')
    if (this.#rooms.size >= mostRooms || !this.#quota.join(name)) {
      this.#refuseJoin(room, 'topics', 'ERR_OVER_QUOTA', 'No more topics.')
      return
    }
    const topic = this.#options.topic(name)
    const before = topic.member(id)
    const foreign = before && before.secret !== secret
    if (foreign || (!before && topic.members >= this.#options.limits.membersPerTopic)) {
      this.#quota.leave(name)
      if (foreign) this.#refuseJoin(room, 'message', 'ERR_SIGNAL', 'The id is taken.')
      else this.#refuseJoin(room, 'members', 'ERR_OVER_QUOTA', 'The topic is full.')
      return
    }
    const member = this.#member(room, id, secret)
    this.#rooms.set(room, { topic, member })
    topic.join(member)
    // Hearing of all who are there may have been too much for it.
    if (this.#over) topic.leave(member)
  }

  #member(room: number, id: string, secret: string): Member {
    return {
      id,
      secret,
      peer: (other) => this.#say({ type: 'peer', room, id: other }),
      gone: (other) => this.#say({ type: 'gone', room, id: other }),
      message: (from, data) => this.#say({ type: 'message', room, from, data }),
      relay: (other, ticket) => this.#say({ type: 'relay', room, id: other, ticket, initiator: false }),
      replaced: () => this.#leave(room),
    }
  }

  #leave(number: number): void {
    const room = this.#rooms.get(number)
    if (!room) return
    this.#rooms.delete(number)
    this.#quota.leave(room.topic.name)
    room.topic.leave(room.member)
  }

  #ask(number: number, { topic, member }: Room, to: string): void {
    try {
      const other = topic.member(to)
      if (!other || other === member) throw new Replic8Error('ERR_RELAY', 'The peer is not on this server.')
      const [own, theirs] = this.#options.relays.reserve(this.#options.address)
      other.relay(member.id, theirs)
      this.#say({ type: 'relay', room: number, id: to, ticket: own, initiator: true })
    } catch (error) {
      const { code, message } = toReplic8Error(error, 'ERR_RELAY')
      const detail = message.slice(0, signalLimits.detail)
      this.#say({ type: 'norelay', room: number, id: to, code: code as SignalCode, detail })
    }
  }

  #refuseJoin(room: number, reason: Refusal, code: SignalCode, detail: string): void {
    this.#options.observer.refused(reason, this.#options.address)
    this.#say({ type: 'refused', room, code, detail })
  }

  #say(message: ServerMessage): void {
    if (this.#over) return
    this.#link.send(encodeSignal(message))
    if (this.#link.bufferedBytes > mostUnread)
      this.#refuse('messages', closeCodes.overLimit, 'You do not read.')
  }

  #refuse(reason: Refusal, code: number, words: string): void {
    if (this.#over) return
    this.#options.observer.refused(reason, this.#options.address)
    this.#dismiss(code, words)
  }

  #dismiss(code: number, words: string): void {
    this.#finish()
    dismiss(this.#link, code, words)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    for (const room of [...this.#rooms.keys()]) this.#leave(room)
    this.#quota.release()
    this.#options.onover()
  }
}
