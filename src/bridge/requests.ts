import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import sirv from 'sirv'
import { messageOf, Replic8Error } from '../errors.ts'
import { clientAddress } from './addresses.ts'
import type { BridgeObserver } from './observer.ts'
import { type AccessRules, isHostAllowed } from './origins.ts'

export interface RequestsOptions {
  rules: AccessRules
  trustProxy: boolean
  observer: BridgeObserver
  /** A folder, or none. */
  pages: string | undefined
  health(): { status: string }
  metrics(): Promise<{ type: string; text: string }>
  /** The URL of the bridge, for pages that were asked for at this host. */
  socketUrl(request: IncomingMessage): string
}

/** On every answer: nothing here is to be guessed at, framed, or told of elsewhere. */
const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** What a bridge answers over HTTP. */
export function createRequests(options: RequestsOptions) {
  const pages = options.pages === undefined ? undefined : serve(options.pages)
  const routes = routesOf(options)

  return (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    if (!isHostAllowed(request.headers.host, options.rules)) {
      options.observer.refused('host', clientAddress(request, options.trustProxy))
      return send(response, 403, 'text/plain', 'This server is not known by that name.\n')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return send(response, 405, 'text/plain', 'Only GET and HEAD.\n')
    }
    const route = routes.get((request.url ?? '/').split('?')[0] as string)
    const missing = () => send(response, 404, 'text/plain', 'There is nothing here.\n')
    if (route) void route(request, response).catch(() => send(response, 500, 'text/plain', 'It failed.\n'))
    else if (pages) pages(request, response, missing)
    else missing()
  }
}

/** The files that are there now. Errors: ERR_BAD_OPTION. */
function serve(folder: string) {
  try {
    const files = sirv(folder, { etag: true })
    return (request: IncomingMessage, response: ServerResponse, missing: () => void) => {
      // sirv throws for some ranges. Who asks for one takes the whole as well.
      delete request.headers.range
      response.once('pipe', (file: Readable) => pass(file, response))
      files(request, response, missing)
    }
  } catch (error) {
    throw new Replic8Error('ERR_BAD_OPTION', `pages takes a folder: ${messageOf(error)}`)
  }
}

/** What `pipe` leaves to others: a file that is gone ends its answer, and a reader that is gone closes its file. */
function pass(file: Readable, response: ServerResponse) {
  file.once('error', () => response.destroy())
  response.once('close', () => file.destroy())
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>

function routesOf({ health, metrics, pages, socketUrl }: RequestsOptions): Map<string, Route> {
  const routes = new Map<string, Route>([
    [
      '/healthz',
      async (_request, response) => {
        const report = health()
        send(response, report.status === 'ok' ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`)
      },
    ],
    [
      '/metrics',
      async (_request, response) => {
        const { type, text } = await metrics()
        send(response, 200, type, text)
      },
    ],
  ])
  if (pages !== undefined)
    routes.set('/bridge.json', async (request, response) => {
      send(response, 200, 'application/json', `${JSON.stringify({ url: socketUrl(request) })}\n`)
    })
  return routes
}

function send(response: ServerResponse, status: number, type: string, text: string) {
  response.statusCode = status
  response.setHeader('Content-Type', type.includes('charset') ? type : `${type}; charset=utf-8`)
  response.setHeader('Cache-Control', 'no-store')
  response.end(text)
}
