import { Pool, type Dispatcher } from 'undici'
import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import type { CallName, Contract, ContractIssue } from './contract.ts'

/** How a call of the chat API ended. A refusal or a dead server is data here, not an exception. Times are µs. */
export type ApiAnswer =
  | { kind: 'answered'; status: number; isOk: boolean; body: unknown; sentUs: number; doneUs: number }
  | { kind: 'failed'; class: FailureClass; reason: string; sentUs: number; doneUs: number }

/** Why a call got no usable answer; stable, counted in reports. `exhausted` is our own want of ports or descriptors. */
export type FailureClass = 'exhausted' | 'timeout' | 'refused' | 'reset' | 'dns' | 'tls' | 'malformed'

export interface ApiOptions {
  /** Base URL; the contract's own base path may be in it or not. */
  baseUrl: string
  contract: Contract
  timeoutMs: number
  tls?: { ca?: string; insecure?: boolean }
  localAddress?: string
  /** Most connections at once. Beyond it calls wait, and their wait counts as theirs. */
  connections?: number
  onIssue: (issue: ContractIssue, call: CallName, payload: string) => void
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

/** Opens the client of the chat's HTTP API: pooled connections, one timeout a call, every answer held to the contract. */
export function openChatApi(options: ApiOptions): ChatApi {
  const { contract, timeoutMs, tls, localAddress } = options
  const url = new URL(options.baseUrl)
  const pool = new Pool(url.origin, {
    connections: options.connections ?? 2_048,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      timeout: timeoutMs,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure === true ? { rejectUnauthorized: false } : {}),
    },
  })
  const prefix = prefixOf(url, contract)

  return {
    call: async (name, token, body, roomId = 0) => {
      const route = contract.calls[name]
      const request: Dispatcher.RequestOptions = {
        method: route.method,
        path: prefix + route.path(roomId),
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        // One limit for the whole call, so that a body that trickles cannot stretch it.
        signal: AbortSignal.timeout(timeoutMs),
      }
      const sentUs = nowUs()
      try {
        const response = await pool.request(request)
        const text = await response.body.text()
        const doneUs = nowUs()
        const status = response.statusCode
        const contentType = headerText(response.headers['content-type'])
        const parsed = contract.readResponse(name, status, contentType, text, (issue) =>
          options.onIssue(issue, name, text),
        )
        return { kind: 'answered', status, isOk: status >= 200 && status < 300, body: parsed, sentUs, doneUs }
      } catch (error) {
        return { kind: 'failed', class: classOf(error), reason: reasonOf(error), sentUs, doneUs: nowUs() }
      }
    },
    close: () => pool.destroy(),
  }
}

/** Whether this machine ran out of local ports or file descriptors: no fault of the target. */
export function isExhaustion(error: unknown): boolean {
  return /\b(EMFILE|ENFILE|EADDRNOTAVAIL)\b/.test(
    `${(error as { code?: string }).code ?? ''} ${reasonOf(error)}`,
  )
}

// --- internal ---

/** The path before the documented one: empty when the base URL already ends in the contract's base path. */
function prefixOf(url: URL, contract: Contract): string {
  const own = url.pathname.replace(/\/+$/, '')
  const documented = contract.calls.connect.path(0).replace(/\/[^/]*$/, '')
  return documented !== '' && own.endsWith(documented) ? own.slice(0, -documented.length) : own
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function classOf(error: unknown): FailureClass {
  const { code = '', name = '' } = error as { code?: string; name?: string }
  if (name === 'TimeoutError' || code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout'
  if (isExhaustion(error)) return 'exhausted'
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns'
  if (
    code.startsWith('ERR_TLS') ||
    code.includes('CERT') ||
    code.includes('SELF_SIGNED') ||
    code.startsWith('ERR_SSL')
  )
    return 'tls'
  if (name === 'HTTPParserError' || code.startsWith('HPE_') || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')
    return 'malformed'
  return 'reset'
}
