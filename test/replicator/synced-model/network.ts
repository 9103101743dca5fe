import { expect } from 'vitest'
import type { Session } from '../../../src/session/session.ts'
import type { SyncOptions } from '../../../src/session/syncs.ts'
import { blocks } from '../../helpers/cores.ts'
import { broken, expectationsOf } from './expectations.ts'
import { type Feed, feedOf } from './feed.ts'
import { Link } from './link.ts'
import { Member } from './member.ts'
import { filters, type Step, type Tree } from './steps.ts'
import type { VirtualTime } from './virtual-time.ts'

interface Question {
  readonly name: string
  readonly member: Member
  answered: boolean
}

/** Members, the connections between them, and the questions that were asked. */
export class Network {
  readonly members: Member[]
  readonly feeds: Feed[]
  links: Link[] = []
  /** What went wrong. */
  readonly failures: string[] = []
  private readonly time: VirtualTime
  private readonly byHex: Map<string, Feed>
  private questions: Question[] = []

  constructor(time: VirtualTime, members: number, feeds: number, slowness: readonly number[]) {
    this.time = time
    this.feeds = Array.from({ length: feeds }, (_, id) => feedOf(id, id % members))
    this.byHex = new Map(this.feeds.map((feed) => [feed.hex, feed]))
    this.members = Array.from({ length: members }, (_, id) => {
      const end = (session: Session) => this.links.map((link) => link.from(session)).find(Boolean)?.[0]
      const hooks = {
        onoffer: (session: Session, hex: string) => end(session)?.heard.add(hex),
        ontold: (session: Session, hex: string, length: number) => {
          const told = end(session)?.told
          told?.set(hex, Math.max(length, told.get(hex) ?? 0))
        },
        onforward: (hex: string) => this.noteOffer(this.members[id] as Member, this.byHex.get(hex) as Feed),
      }
      return new Member(id, this.byHex, slowness[id] ?? 0, hooks)
    })
  }

  async run(steps: readonly Step[]) {
    for (const step of steps) {
      await this.do(step)
      if (this.failures.length > 0) return
    }
    await this.settle()
  }

  /** Connects everybody, and waits until everybody has everything; then everybody says so. */
  async finish(tree: Tree) {
    for (const [i, member] of this.members.entries()) {
      if (i === 0) continue
      const other = this.members[(tree[i - 1] ?? 0) % i] as Member
      if (!this.linkOf(member, other)) this.connect(member, other)
    }
    const all = () => this.links.filter((link) => !link.broken)
    await this.time.until(
      () => all().every((link) => link.isOpen) && this.isSingle,
      () => 'one session a pair',
    )
    await this.time.until(
      () => this.missing.length === 0,
      () => this.missing.join(', '),
    )
    for (const member of this.members) this.ask(member, {})
    await this.settle()
    expect(all().every((link) => link.isOpen)).toBe(true)
    await this.checkBlocks()
  }

  async stop() {
    const over = Promise.all(this.members.map((member) => member.stop()))
    await this.promise(over, 'the end')
  }

  private async do(step: Step) {
    switch (step[0]) {
      case 'append': {
        const feed = this.feed(step[1])
        return this.promise(this.origin(feed).write(feed, step[2]), 'append')
      }
      case 'share': {
        const feed = this.feed(step[1])
        const member = this.origin(feed)
        if (member.shared.has(feed.hex)) return
        await this.promise(member.share(feed), 'share')
        return this.noteOffer(member, feed)
      }
      case 'unshare': {
        const feed = this.feed(step[1])
        const member = this.origin(feed)
        for (const link of this.links) link.of(member)?.[0].takenBack.add(feed.hex)
        return member.unshare(feed)
      }
      case 'decline': {
        const [member, feed] = [this.member(step[1]), this.feed(step[2])]
        if (feed.origin !== member.id && !member.taken.has(feed.hex)) member.declined.add(feed.hex)
        return
      }
      case 'connect': {
        const [a, b] = [this.member(step[1]), this.member(step[2])]
        if (a !== b && (step[3] || !this.linkOf(a, b))) this.connect(a, b)
        return
      }
      case 'disconnect': {
        const links = this.links.filter((link) => !link.broken)
        const link = links[step[1] % links.length]
        link?.end(step[2])
        return
      }
      case 'restart': {
        const member = this.member(step[1])
        for (const link of this.links) if (link.of(member)) link.break()
        return this.promise(member.restart(), 'restart')
      }
      case 'synced':
        return this.ask(this.member(step[1]), filters[step[2] % filters.length] as SyncOptions)
      case 'wait':
        for (let i = 0; i < step[1]; i++) await this.time.turn()
        return
      case 'settle':
        return this.settle()
    }
  }

  private connect(a: Member, b: Member) {
    this.links.push(new Link(a, b, this.feeds))
  }

  private linkOf(a: Member, b: Member): Link | undefined {
    return this.links.find((link) => !link.broken && link.of(a)?.[1].member === b)
  }

  /** A member offers a feed from now on. */
  private noteOffer(member: Member, feed: Feed) {
    for (const link of this.links) {
      const offered = link.of(member)?.[0].offered
      if (offered && !offered.has(feed.hex)) offered.set(feed.hex, member.lengthOf(feed))
    }
  }

  private ask(member: Member, filter: SyncOptions) {
    const past = new Set(this.links.filter((link) => !link.isAlive(member)))
    const expected = expectationsOf(member, this.links, this.feeds, filter)
    const question = {
      name: `synced(${JSON.stringify(filter)}) of member ${member.id}`,
      member,
      answered: false,
    }
    this.questions.push(question)
    const { stops } = member
    member.replicator.synced(filter).then(
      () => {
        question.answered = true
        this.failures.push(...broken(expected).map((what) => `${question.name} came early: ${what}`))
      },
      (error) => {
        question.answered = true
        const excused =
          member.stops > stops || this.links.some((link) => link.broken && link.of(member) && !past.has(link))
        if (!excused) this.failures.push(`${question.name} failed: ${error?.stack}`)
      },
    )
  }

  private async settle() {
    const open = () => this.questions.filter(({ answered }) => !answered)
    await this.time.until(
      () => open().length === 0 || this.failures.length > 0,
      () =>
        open()
          .map(({ name }) => name)
          .join(', '),
    )
    this.questions = []
  }

  private async promise(promise: Promise<unknown>, what: string) {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await this.time.until(
      () => settled,
      () => what,
    )
    await promise
  }

  private get isSingle(): boolean {
    return this.members.every(({ replicator: { sessions } }) => {
      const peers = sessions.map(({ remotePublicKey }) => remotePublicKey?.toString('hex'))
      return new Set(peers).size === peers.length
    })
  }

  /** What members still lack of what can reach them. */
  private get missing(): string[] {
    return this.feeds.flatMap((feed) => {
      const wanted = this.reach(feed)
      return [...wanted].flatMap(([member, length]) => {
        const has = member.lengthOf(feed)
        return has >= length
          ? []
          : [`member ${member.id} holds ${has} of ${length} blocks of feed ${feed.id}`]
      })
    })
  }

  /** How much of a feed can reach each member, over connections between members that take it. */
  private reach(feed: Feed): Map<Member, number> {
    const wanted = new Map<Member, number>()
    for (const source of this.members) {
      if (!source.offers(feed)) continue
      const length = source.lengthOf(feed)
      const reached = new Set([source])
      for (const member of reached) {
        wanted.set(member, Math.max(length, wanted.get(member) ?? 0))
        for (const link of this.links) {
          const far = link.isOpen ? link.of(member)?.[1].member : undefined
          if (far?.accepts(feed)) reached.add(far)
        }
      }
    }
    return wanted
  }

  private async checkBlocks() {
    for (const feed of this.feeds) {
      for (const member of this.members) {
        const length = member.lengthOf(feed)
        const core = member.core(feed)
        if (!core || core.length !== length) continue
        expect(await blocks(core)).toEqual(Array.from({ length }, (_, i) => `${feed.id}/${i}`))
      }
    }
  }

  private member(pick: number): Member {
    return this.members[pick % this.members.length] as Member
  }

  private feed(pick: number): Feed {
    return this.feeds[pick % this.feeds.length] as Feed
  }

  private origin(feed: Feed): Member {
    return this.members[feed.origin] as Member
  }
}
