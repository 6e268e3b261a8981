import { isUtf8 } from 'node:buffer'
import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import type { CallName, Contract, ContractIssue } from './contract.ts'
import { CallTimeout, openHttpPool } from './http-pool.ts'

/** How a call of the chat API ended. A refusal or a dead server is data here, not an exception. Times are µs. */
export type ApiAnswer =
  | { kind: 'answered'; status: number; isOk: boolean; body: unknown; sentUs: number; doneUs: number }
  | { kind: 'failed'; class: FailureClass; reason: string; sentUs: number; doneUs: number }

/**
 * Why a call got no usable answer; stable, counted in reports:
 *  - `timeout`    not answered to the last byte within the limit of the call
 *  - `refused`    no connection: refused, or no way there
 *  - `reset`      the connection ended before the answer did, by a reset or by a FIN
 *  - `dns`, `tls` no address; no trust in the certificate, or no TLS at the other end
 *  - `malformed`  what came is not HTTP/1.1, or an interim answer that nobody asked for
 *  - `oversized`  head or body beyond our limits
 *  - `exhausted`  our own want of ports or descriptors
 */
export type FailureClass =
  'exhausted' | 'timeout' | 'refused' | 'reset' | 'dns' | 'tls' | 'malformed' | 'oversized'

/** Most bytes of an answer's body that are read. A list of 10,000 rooms takes about 1 MiB. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** Most connections of one client to the API, unless told otherwise. */
export const API_CONNECTIONS = 2_048

export interface ApiOptions {
  /** Base URL; the contract's own base path may be in it or not. */
  baseUrl: string
  contract: Contract
  timeoutMs: number
  tls?: { ca?: string; insecure?: boolean }
  localAddress?: string
  /** Most connections at once. Beyond it calls wait, and their wait counts as theirs. */
  connections?: number | undefined
  onIssue: (issue: ContractIssue, call: CallName, payload: string) => void
  /** A call begins while all connections are taken. */
  onWait?: () => void
}

export interface ChatApi {
  /** Makes one call. `roomId` fills the path of leave-room. Never rejects. */
  call(
    name: CallName,
    token: string,
    body?: Readonly<Record<string, unknown>>,
    roomId?: number,
  ): Promise<ApiAnswer>
  close(): Promise<void>
}

/**
 * Opens the client of the chat's HTTP API: pooled connections, one timeout a call, every answer held to the contract.
 * Redirects are answers like any other: following one would hand the user's token to whoever is named.
 */
export function openChatApi(options: ApiOptions): ChatApi {
  const { contract, timeoutMs, tls, localAddress } = options
  const url = new URL(options.baseUrl)
  const pool = openHttpPool(url.origin, {
    timeoutMs,
    connections: options.connections ?? API_CONNECTIONS,
    mostBytes: MAX_ANSWER_BYTES,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(tls === undefined ? {} : { tls }),
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  })
  const prefix = prefixOf(url, contract)

  return {
    call: async (name, token, body, roomId = 0) => {
      const route = contract.calls[name]
      const request = {
        method: route.method,
        path: prefix + route.path(roomId),
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      }
      const sentUs = nowUs()
      try {
        const { status, contentType, body: bytes } = await pool.ask(request)
        const doneUs = nowUs()
        const text = textOf(bytes)
        if (!isUtf8(bytes) && isJson(contentType)) options.onIssue(notUtf8(name), name, text)
        const parsed = contract.readResponse(name, status, contentType, text, (issue) =>
          options.onIssue(issue, name, text),
        )
        return { kind: 'answered', status, isOk: status >= 200 && status < 300, body: parsed, sentUs, doneUs }
      } catch (error) {
        const doneUs = nowUs()
        const failure = classOf(error)
        const reason = failure === 'timeout' ? `not answered within ${timeoutMs} ms` : reasonOf(error)
        return { kind: 'failed', class: failure, reason, sentUs, doneUs }
      }
    },
    close: () => pool.close(),
  }
}

/** Whether this machine ran out of local ports or file descriptors: no fault of the target. */
export function isExhaustion(error: unknown): boolean {
  return /\b(EMFILE|ENFILE|EADDRNOTAVAIL)\b/.test(
    `${(error as { code?: string }).code ?? ''} ${reasonOf(error)}`,
  )
}

/** The path before the documented one: empty when the base URL already ends in the contract's base path. */
export function prefixOf(url: URL, contract: Contract): string {
  const own = url.pathname.replace(/\/+$/, '')
  const documented = contract.calls.connect.path(0).replace(/\/[^/]*$/, '')
  return documented !== '' && own.endsWith(documented) ? own.slice(0, -documented.length) : own
}

// --- internal ---

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^[^;]*\bjson\b/i.test(contentType)
}

/** As browsers and React Native read it: a byte order mark is passed over, what is not UTF-8 becomes U+FFFD. */
function textOf(bytes: Buffer): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', hasMark ? 3 : 0)
}

/** RFC 8259, 8.1: JSON exchanged between systems is UTF-8. Without this check a replaced character could pass for text. */
function notUtf8(name: CallName): ContractIssue {
  const rule = `http/${name}/utf-8`
  return { kind: 'violation', rule, path: '', detail: `${rule}: JSON must be UTF-8` }
}

function classOf(error: unknown): FailureClass {
  const { code = '', name = '', message = '' } = error as { code?: string; name?: string; message?: string }
  if (error instanceof CallTimeout || code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout'
  if (isExhaustion(error)) return 'exhausted'
  if (NO_CONNECTION.has(code)) return 'refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns'
  if (/^ERR_TLS|^ERR_SSL|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^EPROTO$/.test(code)) return 'tls'
  if (OVERSIZED.has(code)) return 'oversized'
  if (name === 'HTTPParserError' || NOT_HTTP.has(code) || code.startsWith('HPE_')) return 'malformed'
  // undici's words for an interim answer it cannot place: a 100 without Expect, a 101 without Upgrade.
  if (code === 'UND_ERR_SOCKET' && message.startsWith('bad ')) return 'malformed'
  return 'reset'
}

const NO_CONNECTION: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])
const OVERSIZED: ReadonlySet<string> = new Set(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_HEADERS_OVERFLOW'])
/** undici asserts that a status has three digits and is at least 100; the error ends the one call. */
const NOT_HTTP: ReadonlySet<string> = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ERR_ASSERTION'])
