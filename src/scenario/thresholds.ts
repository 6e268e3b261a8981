import { COUNTERS, type CounterName } from '../measure/metrics.ts'
import type { Aggregation, Threshold } from './scenario.ts'

/** What a threshold needs to know of a metric's values, whether from a live run or from a result. */
export interface MetricValues {
  /** Latency at a percentile in µs (50 is the median), with whether it lies in the censored share; undefined when empty. */
  percentile(metric: string, percentile: number): { us: number; isCensored: boolean } | undefined
  summary(metric: string): { minUs: number; maxUs: number; meanUs: number; count: number } | undefined
  counter(metric: string): number | undefined
  elapsedSeconds: number
}

/** How a threshold stands. `observed` is undefined when nothing was measured: then it is not judged, and not green. */
export interface ThresholdOutcome {
  threshold: Threshold
  observed: number | undefined
  /** The true value is at least `observed`: it lies among the timeouts. */
  isAtLeast: boolean
  status: 'pass' | 'fail' | 'unknown'
  unit: 'ms' | 'count' | 'per second' | 'share'
}

/** Counters whose `rate` is the share of another counter (k6's Rate metrics); all others' is per second (k6's Counter). */
const SHARE_OF: Partial<Record<CounterName, CounterName>> = {
  http_req_failed: 'http_reqs',
  deliveries_lost: 'deliveries_expected',
  deliveries_late: 'deliveries_expected',
  deliveries_duplicated: 'deliveries_received',
  deliveries_reordered: 'deliveries_received',
  deliveries_leaked: 'deliveries_received',
  deliveries_corrupted: 'deliveries_received',
  typing_lost: 'typing_expected',
  iterations_failed: 'iterations',
}

/** Latency metrics, each with the sub-metrics a threshold may name in braces. */
const TRENDS = [
  'message_delivery',
  'message_first_delivery',
  'message_last_delivery',
  'typing_delivery',
  'http_req_duration',
  'ws_connecting',
  'stomp_connecting',
  'stomp_subscribing',
  'session_connecting',
  'session_reconnecting',
  'stomp_sending',
  'generator_lateness',
  'generator_loop_delay',
  'iteration_duration',
]

/**
 * Reads one threshold of k6's grammar: `p(99)<250`, `avg<=10`, `count==0`, `rate<0.01`.
 * Returns the threshold or one sentence saying what is wrong with it.
 */
export function parseThreshold(
  metric: string,
  expression: string,
  abortOnFail: boolean,
  delayAbortEvalMs: number,
): Threshold | string {
  const base = metric.replace(/\{.*\}$/, '')
  const isTrend = TRENDS.includes(base)
  if (!isTrend && !(COUNTERS as readonly string[]).includes(base)) {
    return `no metric is called ${JSON.stringify(base)}; docs/metrics.md lists them`
  }
  const match =
    /^\s*(avg|min|max|med|count|rate|p\((\d+(?:\.\d+)?)\))\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(
      expression,
    )
  if (match === null) {
    return `${JSON.stringify(expression)} is not "<aggregation> <operator> <number>", such as "p(99)<250" or "count==0"`
  }
  const [, name, percentile, operator, limit] = match
  if (percentile !== undefined && Number(percentile) > 100) return `p(${percentile}) is above 100`
  const allowed = isTrend ? name !== 'rate' : name === 'count' || name === 'rate'
  if (!allowed) return `${base} is a ${isTrend ? 'latency' : 'counter'}: ${name} does not apply to it`
  return {
    metric,
    aggregation: percentile === undefined ? (name as Aggregation) : { percentile: Number(percentile) },
    operator: operator as Threshold['operator'],
    limit: Number(limit),
    expression: expression.trim(),
    abortOnFail,
    delayAbortEvalMs,
  }
}

/** Judges one threshold. */
export function judgeThreshold(threshold: Threshold, values: MetricValues): ThresholdOutcome {
  const { observed, isAtLeast = false, unit } = observe(threshold, values)
  if (observed === undefined) return { threshold, observed, isAtLeast, status: 'unknown', unit }
  return { threshold, observed, isAtLeast, status: judgeObserved(threshold, observed, isAtLeast), unit }
}

/** Judges a value that was observed; `isAtLeast`: the true one is that or more. */
export function judgeObserved(
  { operator, limit }: Pick<Threshold, 'operator' | 'limit'>,
  observed: number,
  isAtLeast = false,
): ThresholdOutcome['status'] {
  const holds = HOLDS[operator](observed, limit)
  // The true value lies somewhere above: that it is below the limit cannot be said.
  if (isAtLeast && holds && !operator.startsWith('>')) return 'unknown'
  return holds ? 'pass' : 'fail'
}

// --- internal ---

interface Observation {
  observed: number | undefined
  isAtLeast?: boolean
  unit: ThresholdOutcome['unit']
}

function observe({ metric, aggregation }: Threshold, values: MetricValues): Observation {
  const count = values.counter(metric)
  if (count !== undefined) {
    if (aggregation !== 'rate') return { observed: count, unit: 'count' }
    const whole = SHARE_OF[metric as CounterName]
    if (whole === undefined) {
      return {
        observed: values.elapsedSeconds > 0 ? count / values.elapsedSeconds : undefined,
        unit: 'per second',
      }
    }
    const of = values.counter(whole) ?? 0
    return { observed: of > 0 ? count / of : undefined, unit: 'share' }
  }
  if (typeof aggregation === 'object' || aggregation === 'med') {
    const at = values.percentile(metric, typeof aggregation === 'object' ? aggregation.percentile : 50)
    return at === undefined
      ? { observed: undefined, unit: 'ms' }
      : { observed: at.us / 1e3, isAtLeast: at.isCensored, unit: 'ms' }
  }
  const summary = values.summary(metric)
  if (summary === undefined) return { observed: aggregation === 'count' ? 0 : undefined, unit: 'ms' }
  switch (aggregation) {
    case 'count':
      return { observed: summary.count, unit: 'count' }
    case 'min':
      return { observed: summary.minUs / 1e3, unit: 'ms' }
    case 'max':
      return { observed: summary.maxUs / 1e3, unit: 'ms' }
    default:
      return { observed: summary.meanUs / 1e3, unit: 'ms' }
  }
}

const HOLDS: Record<Threshold['operator'], (observed: number, limit: number) => boolean> = {
  '<': (observed, limit) => observed < limit,
  '<=': (observed, limit) => observed <= limit,
  '>': (observed, limit) => observed > limit,
  '>=': (observed, limit) => observed >= limit,
  '==': (observed, limit) => observed === limit,
  '!=': (observed, limit) => observed !== limit,
}
