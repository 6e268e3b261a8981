import type { ApiAnswer, ChatApi } from '../chat/api.ts'
import type { CallName } from '../chat/contract.ts'
import type { Tokens } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import type { Drift } from '../measure/drift.ts'
import type { Findings } from '../measure/findings.ts'
import type { Ledger } from '../measure/ledger.ts'
import type { Metrics, Trend } from '../measure/metrics.ts'
import { recorderOf, type WarmUp } from '../measure/warm-up.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { StompClient, StompHandlers } from '../stomp/client.ts'
import type { Agenda } from './agenda.ts'
import type { Reception } from './reception.ts'

/** What every user of a shard shares. */
export interface Parts {
  scenario: Scenario
  runCode: string
  startUs: number
  agenda: Agenda
  /** Undefined for scenarios that speak STOMP only. */
  api: ChatApi | undefined
  tokens: Tokens
  ledger: Ledger
  metrics: Metrics
  findings: Findings
  drift: Drift
  reception: Reception
  lateness: Trend
  warmUp: WarmUp
  /** Whether a user may connect to the broker that POST /connect names. */
  mayConnect(url: string): boolean
  /** Opens a connection with the run's driver, flavour and TLS settings. */
  connect(to: Broker, user: number, handlers: StompHandlers): StompClient
  /** Planned rooms of a user, for scenarios that bring their own rooms. */
  plannedRooms(user: number): readonly number[]
  /** Every room this shard has heard of; `hop` chooses among them. */
  knownRooms: Set<number>
  /** Users that are up now. */
  connected: { count: number }
}

/** Where the STOMP session goes, as POST /connect answers it. */
export interface Broker {
  url: string
  login: string
  passcode: string
  vhost: string
}

/** Calls the API and puts the call on the books. */
export async function call(
  parts: Parts,
  api: ChatApi,
  name: CallName,
  token: string,
  body?: Readonly<Record<string, unknown>>,
  roomId?: number,
): Promise<ApiAnswer> {
  const answer = await api.call(name, token, body, roomId)
  const { metrics } = parts
  metrics.counters.http_reqs++
  for (const metric of ['http_req_duration', `http_req_duration{call:${name}}`]) {
    const recorder = recorderOf(metrics.trend(metric), answer.sentUs, parts.warmUp)
    // An answer we did not wait for would have taken at least as long.
    if (answer.kind === 'failed' && answer.class === 'timeout')
      recorder.recordCensored(answer.doneUs - answer.sentUs)
    else recorder.record(answer.doneUs - answer.sentUs)
  }
  if (answer.kind === 'failed') {
    metrics.counters.http_req_failed++
    if (answer.class === 'exhausted') metrics.count('generator_exhausted')
    fail(parts, `http ${name}: ${answer.class}`, answer.reason)
  } else if (!answer.isOk) {
    metrics.counters.http_req_failed++
    fail(parts, `http ${name}: status ${answer.status}`, messageOf(answer.body))
  }
  return answer
}

/** Counts something that failed, with its first example. */
export function fail(parts: Parts, errorClass: string, example: string): void {
  parts.findings.error(errorClass, example, (nowUs() - parts.startUs) / 1e3)
}

// --- internal ---

function messageOf(body: unknown): string {
  const message = (body as { message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : ''
}
