import type { RunResult, TrendSummary } from '../measure/result.ts'
import { msText } from './format.ts'

/** One row of the latency table: what was timed, and how it came out. */
export interface Step {
  group: StepGroup
  metric: string
  /** From where to where. */
  meaning: string
  /** A part of the row above it. */
  isPart: boolean
  trend: TrendSummary
}

type StepGroup = 'Delivery' | 'HTTP calls' | 'Connecting' | 'Other'

/**
 * Every latency the run measured, in reading order. Metrics of later versions come last, so that none is hidden; the
 * generator's own (`generator_…`) are left to its health.
 */
export function stepsOf(trends: RunResult['trends']): Step[] {
  const names = Object.keys(trends).filter((name) => !name.startsWith('generator_'))
  return names
    .toSorted((a, b) => placeOf(a) - placeOf(b) || callPlaceOf(a) - callPlaceOf(b) || AUDIENCE.compare(a, b))
    .map((metric) => {
      const known = KNOWN[baseOf(metric)]
      const label = /\{(\w+):(.*)\}$/.exec(metric)
      const part = label === null ? undefined : (PART[label[1] as string]?.(label[2] as string) ?? label[0])
      return {
        group: known?.group ?? 'Other',
        metric,
        meaning: part ?? known?.meaning ?? '',
        isPart: label !== null,
        trend: trends[metric] as TrendSummary,
      }
    })
}

/** The percentiles of the summary and of the page's latency table, then the largest value. */
export const SHOWN_PERCENTILES = ['50', '90', '99', '99.9'] as const

/** A percentile of a step as shown: `≥` where it lies among timeouts and losses, a dash where the result has none. */
export function percentileText({ trend }: Step, percentile: string): string {
  const us = trend.percentilesUs[percentile]
  return us === undefined ? '–' : `${trend.atLeast.includes(percentile) ? '≥ ' : ''}${msText(us)}`
}

/** The largest value of a step as shown. */
export function maxText({ trend }: Step): string {
  return `${trend.censored > 0 ? '≥ ' : ''}${msText(trend.maxUs)}`
}

// --- internal ---

/** In reading order. */
const KNOWN: Record<string, { group: StepGroup; meaning: string }> = {
  message_delivery: { group: 'Delivery', meaning: 'planned → each receipt' },
  message_first_delivery: { group: 'Delivery', meaning: 'planned → first receipt' },
  message_last_delivery: { group: 'Delivery', meaning: 'planned → last receipt' },
  typing_delivery: { group: 'Delivery', meaning: 'typing event → each receipt' },
  http_req_duration: { group: 'HTTP calls', meaning: 'all calls' },
  session_connecting: { group: 'Connecting', meaning: 'planned → every room subscribed' },
  session_reconnecting: { group: 'Connecting', meaning: 'connection lost → every room subscribed again' },
  ws_connecting: { group: 'Connecting', meaning: 'WebSocket opened' },
  stomp_connecting: { group: 'Connecting', meaning: 'CONNECT → CONNECTED' },
  stomp_subscribing: { group: 'Connecting', meaning: 'SUBSCRIBE → RECEIPT' },
  stomp_sending: { group: 'Connecting', meaning: 'SEND → RECEIPT' },
  iteration_duration: { group: 'Other', meaning: 'planned → activity ended' },
}

const ORDER = Object.keys(KNOWN)

/** What a sub-metric's label says, by its key. */
const PART: Record<string, (value: string) => string> = {
  basis: (value) => (value === 'service' ? 'service time: sent → each receipt' : value),
  to: (value) => (value === 'away' ? 'to members who were away → each receipt' : value),
  audience: (value) => `to ${value} member${value === '1' ? '' : 's'}`,
  call: (value) => value,
}

/** The calls in the order a session makes them. */
const CALLS = [
  'connect',
  'send-message',
  'typing-start',
  'typing-end',
  'join-room',
  'leave-room',
  'disconnect',
]

/** `2-9` before `10-99` before `100-999`. */
const AUDIENCE = new Intl.Collator('en', { numeric: true })

function baseOf(metric: string): string {
  return metric.replace(/\{.*\}$/, '')
}

function placeOf(metric: string): number {
  const place = ORDER.indexOf(baseOf(metric))
  return place === -1 ? ORDER.length : place
}

function callPlaceOf(metric: string): number {
  const call = /\{call:(.*)\}$/.exec(metric)?.[1]
  if (call === undefined) return -1
  const place = CALLS.indexOf(call)
  return place === -1 ? CALLS.length : place
}
