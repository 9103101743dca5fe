import { serve } from '../harness/serve.ts'
import { ManyRooms } from './many-rooms.ts'
import { OneRoom } from './one-room.ts'
import type { Server, System } from './system.ts'

/** A child process for a system: the parent makes the server or the clients of it. */
export function serveSystem(system: System): void {
  let server: Server
  let one: OneRoom
  let many: ManyRooms
  serve({
    async startServer(rooms: string[]) {
      server = await system.startServer(rooms)
      return server.url
    },
    held: (logs: number) => server.held?.(logs),
    async openRoom(url: string, room: string, subscribers: number) {
      one = await OneRoom.open(system, url, room, subscribers)
    },
    oneAtATime: (entries: number) => one.oneAtATime(entries),
    atRate: (perSecond: number, entries: number) => one.atRate(perSecond, entries),
    verify: () => one.verify(),
    async openRooms(url: string, rooms: string[], each: number) {
      many = await ManyRooms.open(system, url, rooms, each)
    },
    publish: () => many.publish(),
    append: (perSecond: number, each: number) => many.append(perSecond, each),
  })
}
