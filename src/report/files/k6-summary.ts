import { createHash } from 'node:crypto'
import { Histogram } from '../../measure/histogram.ts'
import { COUNTERS, type CounterName } from '../../measure/metrics.ts'
import type { RunResult, TrendSummary } from '../../measure/result.ts'

/**
 * The run in the shape of k6's `--summary-export`, for whatever reads that: GitLab's load-performance widget (checks, requests per
 * second, time to first byte), dashboards, scripts. Names are k6's where the meaning is; all others are custom metrics. Times are
 * ms, `thresholds` are true where they were crossed, as k6 has it.
 */
export function k6SummaryText(result: RunResult): string {
  const checks = checksOf(result)
  const [passes, fails] = [sum(checks, 'passes'), sum(checks, 'fails')]
  // Names of metrics come from scenarios: none of them may be a property that every object has.
  const metrics: Record<string, object> = Object.assign(Object.create(null) as Record<string, object>, {
    ...Object.fromEntries(COUNTERS.map((name) => [name, counterOf(result, name)])),
    http_req_failed: rateOf(result.counters.http_req_failed, result.counters.http_reqs),
    ...Object.fromEntries(Object.entries(result.trends).map(([name, trend]) => [name, trendOf(trend)])),
    checks: { passes, fails, value: share(passes, passes + fails) },
    ...users(result),
  })
  // k6's time to first byte: not measured apart, and no longer than until the last byte.
  const { http_req_duration } = metrics
  if (http_req_duration !== undefined) metrics['http_req_waiting'] = { ...http_req_duration }
  for (const { metric, expression, status } of result.thresholds) {
    // A metric without samples is not there; k6 has its thresholds all the same.
    const of = (metrics[metric] ??= {}) as { thresholds?: Record<string, boolean> }
    of.thresholds = { ...of.thresholds, [expression]: status !== 'pass' }
  }
  const group = {
    name: '',
    path: '',
    id: idOf(''),
    groups: {},
    checks: Object.fromEntries(checks.map((check) => [check.name, check])),
  }
  return `${JSON.stringify({ root_group: group, metrics }, undefined, 2)}\n`
}

// --- internal ---

interface Check {
  name: string
  path: string
  id: string
  passes: number
  fails: number
}

/** Every promise of the chat as a check with as many passes and failures as there were deliveries or payloads. */
function checksOf({ ledger: { messages, typing }, counters }: RunResult): Check[] {
  const harmed = messages.duplicated + messages.reordered + messages.leaked + messages.corrupted
  const check = (name: string, passes: number, fails: number): Check => {
    const path = `::${name}`
    return { name, path, id: idOf(path), passes: Math.max(0, passes), fails }
  }
  return [
    check('owed messages arrived in time', messages.received, messages.lost.total + messages.late),
    check('messages arrived once, in order, unchanged and where owed', messages.received - harmed, harmed),
    check('owed typing events arrived', typing.received, typing.lost),
    check(
      'payloads kept the contract',
      counters.ws_msgs_received - counters.contract_violations,
      counters.contract_violations,
    ),
  ]
}

function counterOf({ counters, run }: RunResult, name: CounterName): object {
  const count = counters[name] ?? 0
  return { count, rate: run.durationSeconds > 0 ? count / run.durationSeconds : 0 }
}

/** A k6 Rate: what is counted are its `passes`, also when it counts failures. */
function rateOf(counted: number, of: number): object {
  return { passes: counted, fails: of - counted, value: share(counted, of) }
}

function trendOf(trend: TrendSummary): object {
  const ms = (us: number): number => us / 1e3
  const histogram = Histogram.decode(trend.histogram)
  return {
    avg: ms(trend.meanUs),
    min: ms(trend.minUs),
    med: ms(trend.percentilesUs['50'] ?? histogram.valueAt(50)),
    max: ms(trend.maxUs),
    ...Object.fromEntries(
      [90, 95, 99, 99.9].map((p) => [`p(${p})`, ms(trend.percentilesUs[String(p)] ?? histogram.valueAt(p))]),
    ),
    count: trend.count,
  }
}

/** k6's virtual users are our users that are connected. */
function users({ plan, timeline }: RunResult): Record<string, object> {
  const connected = timeline.columns['users_connected'] ?? []
  if (connected.length === 0) return {}
  const [min, max] = [Math.min(...connected), Math.max(...connected)]
  return {
    vus: { value: connected.at(-1), min, max },
    vus_max: { value: plan.users, min: plan.users, max: plan.users },
  }
}

function sum(checks: readonly Check[], of: 'passes' | 'fails'): number {
  return checks.reduce((total, check) => total + check[of], 0)
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** k6 names groups and checks by the MD5 of their path. */
function idOf(path: string): string {
  return createHash('md5').update(path).digest('hex')
}
