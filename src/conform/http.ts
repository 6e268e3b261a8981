import { Agent, request as plainRequest, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { reasonOf } from '../errors.ts'
import type { TlsOptions } from '../stomp/client.ts'
import { afterPatience } from './patience.ts'
import type { GateClock } from './transcript.ts'

/** A request exactly as a check wants it: nothing is added but Host, Connection and Content-Length. */
export interface HttpRequest {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: string | Uint8Array | undefined
}

/** What came back. A target that does not answer is data: `status` 0 and `failure`. */
export interface HttpAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
  readonly text: string
  /** The body parsed; undefined where it is no JSON. */
  readonly json: unknown
  /** Why there is no answer, in one line; null where there is one. */
  readonly failure: string | null
  readonly sentMs: number
  readonly doneMs: number
}

export interface Http {
  /** Never rejects. */
  ask(request: HttpRequest, timeoutMs: number): Promise<HttpAnswer>
  close(): void
}

/** Raw HTTP/1.1 over kept connections. Redirects are not followed: that would hand the token to whoever is named. */
export function openHttp(tls: TlsOptions, clock: GateClock): Http {
  const plain = new Agent({ keepAlive: true })
  const secure = new SecureAgent({
    keepAlive: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.insecure === true ? { rejectUnauthorized: false } : {}),
  })
  return {
    async ask({ method, url, headers, body }, timeoutMs) {
      const sentMs = clock.nowMs()
      // One limit for the whole exchange, so that a body that trickles cannot stretch it.
      const limit = new AbortController()
      const callOff = afterPatience(timeoutMs, () => limit.abort())
      try {
        const isSecure = url.startsWith('https:')
        const response = await new Promise<{ message: IncomingMessage; bytes: Buffer }>((resolve, reject) => {
          const options = {
            method,
            headers: { ...headers },
            agent: isSecure ? secure : plain,
            signal: limit.signal,
          }
          const request = (isSecure ? secureRequest : plainRequest)(url, options, (message) => {
            const parts: Buffer[] = []
            let size = 0
            message.on('data', (part: Buffer) => {
              size += part.length
              if (size > MOST_BYTES) message.destroy(new Error(`the answer exceeds ${MOST_BYTES} bytes`))
              else parts.push(part)
            })
            message.on('end', () => resolve({ message, bytes: Buffer.concat(parts) }))
            message.on('error', reject)
          })
          request.on('error', reject)
          request.end(body)
        })
        const { message, bytes } = response
        const text = bytes.toString('utf8')
        const all: Record<string, string> = {}
        for (const [name, value] of Object.entries(message.headers))
          all[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
        return {
          status: message.statusCode ?? 0,
          headers: all,
          contentType: all['content-type'] ?? '',
          text,
          json: parsed(text),
          failure: null,
          sentMs,
          doneMs: clock.nowMs(),
        }
      } catch (error) {
        const isTimeout = error instanceof Error && error.name === 'AbortError'
        const failure = isTimeout ? `not answered within ${timeoutMs} ms` : failureOf(error)
        const nothing = { status: 0, headers: {}, contentType: '', text: '', json: undefined }
        return { ...nothing, failure, sentMs, doneMs: clock.nowMs() }
      } finally {
        callOff()
      }
    },
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

/** An answer in a few words: `403 {"statusCode":403,…}`, or why there is none. */
export function wordsOf({ status, failure, text }: HttpAnswer): string {
  if (failure !== null) return `no answer (${failure})`
  const body = text.length > 120 ? `${text.slice(0, 120)}…` : text
  return body === '' ? `${status} with an empty body` : `${status} ${body}`
}

/** A call that was carried out. */
export function isOk({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}

/** A call that was refused: 4XX. */
export function isRefused({ status }: HttpAnswer): boolean {
  return status >= 400 && status < 500
}

// --- internal ---

const MOST_BYTES = 16 * 1024 * 1024

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Node gives several failed addresses as one error without words of its own. */
function failureOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return reasonOf(first ?? error)
}
