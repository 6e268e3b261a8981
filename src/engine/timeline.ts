import { type EncodedHistogram, Histogram, mergeEncoded } from '../measure/histogram.ts'
import { addCounters, type Counters, emptyCounters, mergeHistograms } from '../measure/metrics.ts'
import type { Timeline } from '../measure/result.ts'
import { hasWarmUp } from '../measure/warm-up.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { activeFromMs, measuredFromMs } from '../scenario/span.ts'
import { arrivalCount, type ClosedWorkload, type OpenWorkload, vusAt } from '../scenario/workload.ts'
import { type Account, addAccounts } from './account.ts'
import { addInFlight, type InFlight } from './in-flight.ts'
import type { Tick } from './protocol.ts'

/** One second of the whole run: the shards' ticks added up. */
export interface Second extends Account {
  second: number
  counters: Counters
  usersWanted: number
  users: number
  pending: number
  /** Those of `pending` that are messages. */
  pendingMessages: number
  inFlight: InFlight
  /** This second's own, at 2 digits. */
  histograms: Record<string, EncodedHistogram>
  labelled: Record<string, number>
  topErrors: Tick['topErrors']
  /** By shard. */
  health: Tick['health'][]
}

/** Adds up the ticks that shards posted for the same second. */
export function mergeTicks(second: number, ticks: readonly Tick[], users: ClosedWorkload): Second {
  const counters = emptyCounters()
  const labelled: Record<string, number> = {}
  const histograms: Record<string, EncodedHistogram> = {}
  const errors = new Map<string, Tick['topErrors'][number]>()
  for (const tick of ticks) {
    addCounters(counters, tick.counters)
    for (const [label, count] of Object.entries(tick.labelled))
      labelled[label] = (labelled[label] ?? 0) + count
    for (const [name, histogram] of Object.entries(tick.histograms)) {
      histograms[name] = mergeEncoded(histograms[name], histogram)
    }
    for (const error of tick.topErrors) {
      const known = errors.get(error.class)
      errors.set(
        error.class,
        known === undefined ? { ...error } : { ...known, count: known.count + error.count },
      )
    }
  }
  return {
    second,
    counters,
    usersWanted: Math.round(vusAt(users, second * 1e3 - 1)),
    users: sum(ticks.map((tick) => tick.users)),
    pending: sum(ticks.map((tick) => tick.pending)),
    pendingMessages: sum(ticks.map((tick) => tick.pendingMessages)),
    inFlight: addInFlight(ticks.map(({ inFlight }) => inFlight)),
    histograms,
    labelled,
    topErrors: [...errors.values()].toSorted((a, b) => b.count - a.count).slice(0, 5),
    health: ticks.map(({ health }) => health),
    ...addAccounts(ticks),
  }
}

/** Adds a second's latencies to those of the run so far, but for what the warm-up leaves out: to the second, not to the µs. */
export function addLatencies(
  sofar: Record<string, Histogram>,
  { second, histograms }: Pick<Second, 'second' | 'histograms'>,
  scenario: Pick<Scenario, 'activities' | 'warmUpMs'>,
): void {
  const isWarmUp =
    scenario.warmUpMs > 0 &&
    second * 1e3 > activeFromMs(scenario) &&
    (second - 1) * 1e3 < measuredFromMs(scenario)
  const counted = Object.entries(histograms).filter(([metric]) => !isWarmUp || !hasWarmUp(metric))
  mergeHistograms(sofar, Object.fromEntries(counted))
}

/**
 * The run's timeline from its seconds. Counters become per-second differences; errors have a column for each of the
 * classes seen most and one for all of them.
 */
export function timelineOf(
  seconds: readonly Second[],
  { activities }: Pick<Scenario, 'activities'>,
): Timeline {
  const columns: Record<string, number[]> = {
    second: seconds.map(({ second }) => second),
    users_wanted: seconds.map(({ usersWanted }) => usersWanted),
    users_connected: seconds.map(({ users }) => users),
    pending_deliveries: seconds.map(({ pending }) => pending),
    in_flight: seconds.map(({ inFlight }) => round(inFlight.areaUs / 1e6)),
    loop_delay_p99_us: seconds.map(({ health }) => Math.max(0, ...health.map((h) => h.loopDelayP99Us))),
    cpu_share: seconds.map(({ health }) => round(Math.max(0, ...health.map((h) => h.cpuShare)))),
  }
  for (const name of PER_SECOND) {
    columns[name] = seconds.map(({ counters }, i) => counters[name] - (seconds[i - 1]?.counters[name] ?? 0))
  }
  const open = activities.flatMap(({ workload }) => ('startRate' in workload ? [workload] : []))
  if (open.length > 0) columns['iterations_planned'] = seconds.map(({ second }) => plannedIn(second, open))
  Object.assign(columns, errorColumns(seconds))
  const deliveryHistograms = seconds.map(({ histograms }) => histograms['message_delivery'] ?? null)
  const latencies = deliveryHistograms.map((encoded) => (encoded === null ? NO_LATENCY : latencyOf(encoded)))
  columns['message_delivery_p50_us'] = latencies.map(({ p50Us }) => p50Us)
  columns['message_delivery_p99_us'] = latencies.map(({ p99Us }) => p99Us)
  columns['message_delivery_max_us'] = latencies.map(({ maxUs }) => maxUs)
  return { stepMs: 1000, columns, deliveryHistograms }
}

// --- internal ---

interface SecondLatency {
  p50Us: number
  p99Us: number
  maxUs: number
}

const NO_LATENCY: SecondLatency = { p50Us: 0, p99Us: 0, maxUs: 0 }

/** Decoded once: the timeline of a run that goes on is made anew for every look at it. */
const KNOWN = new WeakMap<EncodedHistogram, SecondLatency>()

function latencyOf(encoded: EncodedHistogram): SecondLatency {
  let latency = KNOWN.get(encoded)
  if (latency === undefined) {
    const histogram = Histogram.decode(encoded)
    latency = { p50Us: histogram.valueAt(50), p99Us: histogram.valueAt(99), maxUs: histogram.maxUs }
    KNOWN.set(encoded, latency)
  }
  return latency
}

/** Counters with a column of their own. */
const PER_SECOND = [
  'iterations',
  'dropped_iterations',
  'http_reqs',
  'http_req_failed',
  'sessions_failed',
  'connections_lost',
  'reconnects',
  'messages_sent',
  'deliveries_received',
  'deliveries_late',
  'deliveries_lost',
  'deliveries_gap_lost',
  'deliveries_duplicated',
  'deliveries_reordered',
  'deliveries_leaked',
  'deliveries_corrupted',
  'typing_received',
  'ws_msgs_received',
  'data_received',
  'contract_violations',
] as const

/** Classes of errors with a column of their own: more do not fit a chart. */
const MOST_CLASSES = 6

function errorColumns(seconds: readonly Second[]): Record<string, number[]> {
  const totals = new Map<string, number>()
  for (const { findings } of seconds) {
    for (const error of findings.errors) totals.set(error.class, (totals.get(error.class) ?? 0) + error.count)
  }
  const most = [...totals].toSorted(([, a], [, b]) => b - a).slice(0, MOST_CLASSES)
  const columns: Record<string, number[]> = {
    errors: seconds.map(({ findings }) => sum(findings.errors.map(({ count }) => count))),
  }
  for (const [name] of most) {
    columns[`errors{class:${name}}`] = seconds.map(({ findings }) =>
      sum(findings.errors.filter((error) => error.class === name).map(({ count }) => count)),
    )
  }
  return columns
}

/** Starts that the open activities plan for the n-th second of the run. */
function plannedIn(second: number, open: readonly OpenWorkload[]): number {
  return sum(
    open.map(
      (workload) => arrivalsBefore(workload, second * 1e3) - arrivalsBefore(workload, (second - 1) * 1e3),
    ),
  )
}

function arrivalsBefore(workload: OpenWorkload, atMs: number): number {
  let [startMs, rate] = [workload.startMs, workload.startRate]
  const stages = workload.stages.map(({ durationMs, target }) => {
    const share = durationMs === 0 ? 1 : Math.max(0, Math.min(1, (atMs - startMs) / durationMs))
    const cut = { durationMs: durationMs * share, target: rate + (target - rate) * share }
    startMs += durationMs
    rate = target
    return cut
  })
  return arrivalCount({ ...workload, stages })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3
}
