import { type EncodedHistogram, Histogram } from './histogram.ts'

/**
 * Every counter a run keeps, by its public name. k6's name where the meaning is k6's; `docs/metrics.md` explains each.
 * The order is the order of reports.
 */
export const COUNTERS = [
  'iterations',
  'iterations_failed',
  'dropped_iterations',
  'sessions_started',
  'sessions_failed',
  'connections_lost',
  'reconnects',
  'http_reqs',
  'http_req_failed',
  'http_retries',
  'ws_sessions',
  'ws_msgs_sent',
  'ws_msgs_received',
  'data_received',
  'messages_sent',
  'messages_rejected',
  'messages_unknown',
  'deliveries_expected',
  'deliveries_received',
  'deliveries_optional',
  'deliveries_late',
  'deliveries_lost',
  'deliveries_gap_lost',
  'deliveries_duplicated',
  'deliveries_retry_duplicated',
  'deliveries_reordered',
  'deliveries_leaked',
  'deliveries_corrupted',
  'deliveries_foreign',
  'typing_sent',
  'typing_expected',
  'typing_received',
  'typing_lost',
  'typing_duplicated',
  'typing_leaked',
  'events_status_changed',
  'events_message_read',
  'contract_violations',
  'contract_drift',
  'stomp_errors',
  'ws_malformed',
] as const

export type CounterName = (typeof COUNTERS)[number]
export type Counters = Record<CounterName, number>

/** A latency metric: whole-run counts at 3 digits and the current second's at 2, for timelines and live thresholds. */
export class Trend {
  readonly total = new Histogram(3)
  readonly interval = new Histogram(2)

  record(valueUs: number): void {
    this.total.record(valueUs)
    this.interval.record(valueUs)
  }

  recordCensored(valueUs: number): void {
    this.total.recordCensored(valueUs)
    this.interval.recordCensored(valueUs)
  }
}

/**
 * The metrics of one shard, mergeable with any other shard's. Names follow k6's sub-metric grammar:
 * `message_delivery` is the response time (from the planned moment), `message_delivery{basis:service}` the same from
 * the moment actually sent, `http_req_duration{call:connect}` one call of the API.
 */
export class Metrics {
  readonly counters: Counters = emptyCounters()
  /** Counters with a label made at run time: `ws_closes{class:idle-timeout}`, `errors{…}`. */
  readonly labelled = new Map<string, number>()
  private readonly trends = new Map<string, Trend>()

  /** The trend of that name, made on first use. Hot paths keep the returned object instead of asking again. */
  trend(name: string): Trend {
    let trend = this.trends.get(name)
    if (trend === undefined) {
      trend = new Trend()
      this.trends.set(name, trend)
    }
    return trend
  }

  count(label: string, by = 1): void {
    this.labelled.set(label, (this.labelled.get(label) ?? 0) + by)
  }

  /** Everything since the start, for the merge at the end of the run. */
  encode(): EncodedMetrics {
    const trends: Record<string, EncodedHistogram> = {}
    for (const [name, trend] of this.trends) trends[name] = trend.total.encode()
    return { counters: { ...this.counters }, labelled: Object.fromEntries(this.labelled), trends }
  }

  /** The histograms of the interval that ends now; starts the next interval. */
  takeInterval(): Record<string, EncodedHistogram> {
    const taken: Record<string, EncodedHistogram> = {}
    for (const [name, trend] of this.trends) {
      if (trend.interval.count + trend.interval.refused === 0) continue
      taken[name] = trend.interval.encode()
      trend.interval.reset()
    }
    return taken
  }
}

export interface EncodedMetrics {
  counters: Counters
  labelled: Record<string, number>
  trends: Record<string, EncodedHistogram>
}

/** Metrics of several shards added up. Percentiles come from the summed counts. */
export class MergedMetrics {
  readonly counters: Counters = emptyCounters()
  readonly labelled: Record<string, number> = {}
  readonly trends: Record<string, Histogram> = {}

  add(part: EncodedMetrics): void {
    addCounters(this.counters, part.counters)
    for (const [label, count] of Object.entries(part.labelled)) {
      this.labelled[label] = (this.labelled[label] ?? 0) + count
    }
    mergeHistograms(this.trends, part.trends)
  }
}

export function emptyCounters(): Counters {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters
}

export function addCounters(into: Counters, part: Counters): void {
  for (const name of COUNTERS) into[name] += part[name]
}

/** Adds encoded histograms to those of the same name, making the missing ones. */
export function mergeHistograms(
  into: Record<string, Histogram>,
  parts: Readonly<Record<string, EncodedHistogram>>,
): void {
  for (const [name, encoded] of Object.entries(parts)) {
    const part = Histogram.decode(encoded)
    const whole = into[name]
    if (whole === undefined) into[name] = part
    else whole.merge(part)
  }
}
