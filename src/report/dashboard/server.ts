import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PageParts } from '../page/report-page.ts'
import { asksLoopback, isLoopback } from '../loopback.ts'

export interface DashboardOptions {
  host: string
  port: number
  /** Whoever asks must name it in the address: `/?token=…`. Undefined on loopback. */
  token: string | undefined
  /** The page that readers load. */
  page: string
}

/** A page that follows a run. */
export interface Dashboard {
  /** With the token, where there is one. */
  url: string
  /** Whether anybody looks: parts that nobody sees need not be made. */
  hasReaders(): boolean
  /** Shows the run as it is now. A reader that has not taken the last parts yet passes these over. */
  show(parts: PageParts): void
  /** Shows the report and lets the readers go. */
  end(parts: PageParts): void
  /** Stops serving, once readers have had a moment to take the report. */
  close(): Promise<void>
}

/** Serves the page and its events (WHATWG HTML, 9.2 server-sent events). Rejects when it cannot listen there. */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const readers = new Set<ServerResponse>()
  let latest: string | undefined
  const server = createServer((request, response) => {
    // A reader that goes away in the middle is no news.
    response.on('error', () => undefined)
    const refusal = refusalOf(request, options, isLoopback(options.host))
    if (refusal !== undefined) {
      response.writeHead(refusal.status, PLAIN).end(`${refusal.reason}\n`)
      return
    }
    if (pathOf(request) === '/') {
      response.writeHead(200, { ...SAFE, 'content-type': 'text/html; charset=utf-8' }).end(options.page)
      return
    }
    if (readers.size >= MOST_READERS) {
      response.writeHead(503, PLAIN).end('too many readers\n')
      return
    }
    response.writeHead(200, { ...SAFE, 'content-type': 'text/event-stream' })
    response.write(`retry: ${RETRY_MS}\n\n`)
    if (latest !== undefined) response.write(latest)
    readers.add(response)
    response.on('close', () => readers.delete(response))
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { address, port, family } = server.address() as AddressInfo
  const query = options.token === undefined ? '' : `?token=${encodeURIComponent(options.token)}`
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/${query}`,
    hasReaders: () => readers.size > 0,
    show(parts) {
      latest = eventOf('parts', parts)
      for (const reader of readers) if (!reader.writableNeedDrain) reader.write(latest)
    },
    end(parts) {
      latest = eventOf('over', parts)
      for (const reader of readers) reader.end(latest)
    },
    async close() {
      const taken = Promise.allSettled([...readers].map((reader) => once(reader, 'close')))
      let timer: NodeJS.Timeout | undefined
      await Promise.race([taken, new Promise((resolve) => (timer = setTimeout(resolve, LAST_MOMENT_MS)))])
      clearTimeout(timer)
      server.close()
      server.closeAllConnections()
    },
  }
}

// --- internal ---

const MOST_READERS = 32
const RETRY_MS = 1_000
const LAST_MOMENT_MS = 2_000
const SAFE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const
const PLAIN = { ...SAFE, 'content-type': 'text/plain; charset=utf-8' } as const

function eventOf(name: string, parts: PageParts): string {
  // JSON has no line breaks of its own, so that one data line holds it.
  return `event: ${name}\ndata: ${JSON.stringify(parts)}\n\n`
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] as string
}

function refusalOf(
  request: IncomingMessage,
  { token }: DashboardOptions,
  isLocal: boolean,
): { status: number; reason: string } | undefined {
  if (request.method !== 'GET') return { status: 405, reason: 'GET only' }
  if (isLocal && !asksLoopback(request)) return { status: 403, reason: 'ask by a loopback address' }
  if (token !== undefined && !isEqual(tokenOf(request), token))
    return { status: 401, reason: 'the address wants ?token=…' }
  return ['/', '/events'].includes(pathOf(request)) ? undefined : { status: 404, reason: 'the run is at /' }
}

function tokenOf({ url = '' }: IncomingMessage): string {
  return new URLSearchParams(url.split('?')[1] ?? '').get('token') ?? ''
}

/** In a time that does not tell how much of it is right. */
function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}
