import type { Intervals, Timeline } from '../../measure/result.ts'
import { type LatencySpan, latencySpan } from './latency-span.ts'

/** A timeline fit for a chart or a table: at most so many spans, however long the run. */
export interface TimelineView {
  /** Seconds that a span takes. */
  stepSeconds: number
  /** Seconds after the start at which each span ends. */
  atSeconds: number[]
  /** The columns the result has. */
  names: readonly string[]
  /** Per-second rates of counters, averaged over the span. */
  rates(column: string): number[]
  /** The largest value in the span, for levels such as users or pending deliveries. */
  peaks(column: string): number[]
  /** Latencies of `message_delivery`; undefined where nothing arrived. */
  latency: readonly (LatencySpan | undefined)[]
  /** p99 in µs of a metric of the intervals: the largest of those that touch the span; null where there is none. */
  intervalP99(intervals: Intervals, metric: string): (number | null)[]
}

/**
 * Merges seconds where there are more than can be shown. Percentiles of merged seconds come from their added
 * histograms, never from an average of percentiles. Columns a result does not have are zero.
 */
export function timelineView(
  { columns, deliveryHistograms }: Timeline,
  mostSpans = MOST_ON_SCREEN,
): TimelineView {
  const seconds = columns['second'] ?? deliveryHistograms.map((_, i) => i + 1)
  const stepSeconds = Math.max(1, Math.ceil(seconds.length / mostSpans))
  const spans = Array.from({ length: Math.ceil(seconds.length / stepSeconds) }, (_, i) => ({
    from: i * stepSeconds,
    to: Math.min((i + 1) * stepSeconds, seconds.length),
  }))
  const slices = (column: string): number[][] => {
    const values = columns[column]
    return spans.map(({ from, to }) => values?.slice(from, to) ?? [0])
  }
  return {
    stepSeconds,
    atSeconds: spans.map(({ to }) => seconds[to - 1] as number),
    names: Object.keys(columns),
    rates: (column) =>
      slices(column).map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    peaks: (column) => slices(column).map((values) => Math.max(...values)),
    latency: spans.map(({ from, to }) => latencySpan(deliveryHistograms.slice(from, to))),
    intervalP99: (intervals, metric) => {
      const p99s = (intervals.series[metric] ?? []).map((each) => latencySpan([each])?.p99Us)
      return spans.map(({ from, to }) => {
        const first = Math.floor(((seconds[from] as number) - 1) / intervals.stepSeconds)
        const last = Math.floor(((seconds[to - 1] as number) - 1) / intervals.stepSeconds)
        const touched = p99s.slice(first, last + 1).filter((us) => us !== undefined)
        return touched.length === 0 ? null : Math.max(...touched)
      })
    },
  }
}

/** Rows of a table: more would neither be read nor fit a page. */
export const MOST_IN_TABLE = 120

// --- internal ---

/** A screen has no room for more. */
const MOST_ON_SCREEN = 720
