import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { nowUs } from '../../clock.ts'
import { reasonOf } from '../../errors.ts'
import { asksLoopback, isLoopback } from '../loopback.ts'
import { CONTENT_TYPE, exposition, type TextFormat } from '../exposition.ts'
import { liveFamilies, type LiveState } from './live-families.ts'
import type { Exporter } from './snapshot.ts'

/** An endpoint that Prometheus scrapes. */
export interface ScrapeServer extends Exporter {
  /** `http://127.0.0.1:9464/metrics` */
  url: string
}

/**
 * Serves `/metrics`, in OpenMetrics where that is accepted as gladly as Prometheus' text format, else in the latter. When the
 * run is over, `close` waits until the last figures have been scraped, where somebody scrapes: at most one and a half times
 * the gap between two scrapes, and 30 s. Rejects when it cannot listen there.
 */
export async function serveScrapes({ host, port }: { host: string; port: number }): Promise<ScrapeServer> {
  const state: LiveState = {}
  const texts = new Map<TextFormat, string>()
  const scrapes = scrapeRhythm()
  let isOver = false
  let onLastScrape: (() => void) | undefined
  const change = (part: LiveState): void => {
    Object.assign(state, part)
    texts.clear()
  }
  const server = createServer((request, response) => {
    try {
      if (isLoopback(host) && !asksLoopback(request)) {
        response
          .writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
          .end('ask by a loopback address\n')
        return
      }
      const isScrape = answer(request, response, (wanted) => {
        // Histograms are walked once a second at most, however many ask.
        const text = texts.get(wanted) ?? exposition(liveFamilies(state), wanted)
        texts.set(wanted, text)
        return text
      })
      if (!isScrape) return
      scrapes.note()
      if (isOver) response.once('close', () => onLastScrape?.())
    } catch (error) {
      // Thrown on, it would end the process, and the run with it.
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reasonOf(error)}\n`)
    }
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { address, port: bound, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/metrics`,
    started: (identity) => change({ identity }),
    second: (snapshot) => change({ snapshot }),
    ended: (exitCode) => {
      change({ exitCode })
      isOver = true
    },
    close: async () => {
      const waitMs = isOver ? scrapes.waitMs() : 0
      if (waitMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          onLastScrape = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      server.close()
      server.closeAllConnections()
    },
  }
}

// --- internal ---

const MOST_WAIT_MS = 30_000

/** How often somebody scrapes, and so how long the next scrape may take to come; 0 where nobody does so twice. */
function scrapeRhythm(): { note(): void; waitMs(): number } {
  let lastUs: number | undefined
  let gapMs = 0
  return {
    note() {
      const atUs = nowUs()
      if (lastUs !== undefined) gapMs = Math.max(gapMs, (atUs - lastUs) / 1e3)
      lastUs = atUs
    },
    waitMs: () => Math.min(MOST_WAIT_MS, 1.5 * gapMs),
  }
}

/** Answers a request; returns whether it was a scrape. */
function answer(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  textOf: (format: TextFormat) => string,
): boolean {
  // A reader that goes away in the middle is no news.
  response.on('error', () => undefined)
  const end = (status: number, text: string, more: Record<string, string> = {}): boolean => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(text)
    return false
  }
  if (method !== 'GET' && method !== 'HEAD') return end(405, 'GET /metrics\n', { allow: 'GET, HEAD' })
  if (url.split('?')[0] !== '/metrics') return end(404, 'The metrics of this run are at /metrics\n')
  const format = formatOf(headers.accept ?? '')
  const text = textOf(format)
  response.writeHead(200, {
    'content-type': CONTENT_TYPE[format],
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    vary: 'accept',
  })
  response.end(method === 'HEAD' ? undefined : text)
  return method === 'GET'
}

function formatOf(accept: string): TextFormat {
  const weights = { open: 0, text: 0 }
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const q = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1)
    const weight = Number.isFinite(q) ? q : 0
    if (type === 'application/openmetrics-text') weights.open = Math.max(weights.open, weight)
    if (type === 'text/plain' || type === 'text/*') weights.text = Math.max(weights.text, weight)
  }
  return weights.open > 0 && weights.open >= weights.text ? 'openmetrics' : 'prometheus'
}
