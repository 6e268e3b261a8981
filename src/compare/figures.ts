import { Histogram } from '../measure/histogram.ts'
import type { RunResult } from '../measure/result.ts'
import { ABORTED, ABSOLUTES } from './absolute.ts'
import { doubtsOf } from './fitness.ts'
import { METRICS } from './metrics.ts'

/** What a comparison keeps of a run: a few numbers, so that forty runs fit into memory as easily as two. */
export interface RunFigures {
  /** By metric's id, in the metric's unit; null where the run did not measure it. */
  values: Record<string, number | null>
  /** Latencies from sending to the last receipt in µs, by percentile; only those with ten samples or more beyond them. */
  shiftUs: Record<string, number>
  /** How often each absolute fault was seen, by its counter. */
  absolute: Record<string, number>
  /** Messages whose latency counted. */
  messages: number
  /** Checks for which the generator may not have been fit to measure; empty for a run without doubt. */
  doubts: string[]
}

/** The part of a run in which its messages were sent, the warm-up left out, and what arrived. */
export interface ActiveSpan {
  /** Moments of `Date.now()`: the whole seconds of it. */
  fromMs: number
  toMs: number
  /** Deliveries in those seconds. */
  deliveries: number
  /** How long messages were sent: as planned, or from the first to the last moment of sending where the plan does not tell. */
  sendingSeconds: number
  /** Deliveries from its begin to the end of the run: those of its last messages too. */
  deliveriesToEnd: number
}

/**
 * The figures of a run. `cpuCores` is what the target kept busy during the run's active span (processor seconds a second);
 * null where its processes could not be seen.
 */
export function figuresOf(result: RunResult, cpuCores: number | null): RunFigures {
  const span = activeSpanOf(result)
  const derived: Record<string, number | null> = {
    deliveries_per_second: span === null ? null : span.deliveriesToEnd / span.sendingSeconds,
    cpu_per_1000_deliveries:
      span === null || cpuCores === null || span.deliveries === 0
        ? null
        : (cpuCores * (span.toMs - span.fromMs)) / span.deliveries,
  }
  return {
    values: Object.fromEntries(
      METRICS.map(({ id, latency }) => [
        id,
        latency === undefined ? (derived[id] ?? null) : percentileMs(result, latency),
      ]),
    ),
    shiftUs: shiftOf(result),
    absolute: Object.fromEntries(
      ABSOLUTES.map(({ counter }) => [
        counter,
        counter === ABORTED ? Number(result.run.stoppedBy === 'threshold') : result.counters[counter],
      ]),
    ),
    messages: result.trends[LAST]?.count ?? 0,
    doubts: doubtsOf(result.validity),
  }
}

/** Null for a run in which nothing was sent, or planned to be sent, after its warm-up. */
export function activeSpanOf({ run, plan, timeline }: RunResult): ActiveSpan | null {
  const { second = [], messages_sent: sent = [], deliveries_received: received = [] } = timeline.columns
  const planned = plannedStarts(plan, timeline)
  const paced = planned ?? sent
  const first = paced.findIndex((count) => count > 0)
  const last = paced.findLastIndex((count) => count > 0)
  const from = first + Math.ceil(plan.warmUpSeconds)
  if (first < 0 || from > last) return null
  const startMs = Date.parse(run.startedAt)
  return {
    // The second named n ends n seconds after the start.
    fromMs: startMs + ((second[from] ?? 0) - 1) * 1e3,
    toMs: startMs + (second[last] ?? 0) * 1e3,
    deliveries: sum(received.slice(from, last + 1)),
    sendingSeconds: planned === null ? sendingSeconds(sent, from, last, from > first) : last - from + 1,
    deliveriesToEnd: sum(received.slice(from)),
  }
}

/** The percentiles of the shift curve. */
export const SHIFT_PERCENTILES = [10, 25, 50, 75, 90, 95, 99, 99.9] as const

/** Samples that have to lie beyond a percentile for it to be more than a maximum. */
export const LEAST_BEYOND = 10

// --- internal ---

const LAST = 'message_last_delivery'

/** Starts by second where all of them are planned: equal for the runs of a pair. Null for scenarios at their users' own pace. */
function plannedStarts(
  { activities }: RunResult['plan'],
  { columns }: RunResult['timeline'],
): number[] | null {
  const isPlanned = activities.length > 0 && activities.every(({ planned }) => planned !== null)
  return isPlanned ? (columns['iterations_planned'] ?? null) : null
}

/**
 * How long the seconds `from` to `last` were sent in. Of those at the edges only the share that their messages fill at the pace of the
 * others: whether one message falls into this second or the next one must not make a second of difference.
 */
function sendingSeconds(sent: readonly number[], from: number, last: number, isCut: boolean): number {
  const inner = sent.slice(from + 1, last)
  const pace = sum(inner) / inner.length
  const share = (place: number): number => (pace > 0 ? Math.min(1, (sent[place] ?? 0) / pace) : 1)
  if (from === last) return 1
  // After a warm-up it begins with a whole second.
  return (isCut ? 1 : share(from)) + inner.length + share(last)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function percentileMs(
  { trends }: RunResult,
  { trend, percentile, isStrict }: { trend: string; percentile: number; isStrict: boolean },
): number | null {
  const summary = trends[trend]
  const valueUs = summary?.percentilesUs[String(percentile)]
  if (summary === undefined || summary.count === 0 || valueUs === undefined) return null
  if (isStrict && !isBackedBy(summary.count, percentile)) return null
  return valueUs / 1e3
}

function shiftOf({ trends }: RunResult): Record<string, number> {
  const summary = trends[LAST]
  if (summary === undefined || summary.count === 0) return {}
  const histogram = Histogram.decode(summary.histogram)
  return Object.fromEntries(
    SHIFT_PERCENTILES.filter((percentile) => isBackedBy(histogram.count, percentile)).map((percentile) => [
      String(percentile),
      histogram.valueAt(percentile),
    ]),
  )
}

function isBackedBy(count: number, percentile: number): boolean {
  // 1 − 0.999 is a little less than 0.001.
  return (count * (100 - percentile)) / 100 >= LEAST_BEYOND - 1e-6
}
