import { type EncodedHistogram, Histogram } from '../measure/histogram.ts'
import type { Timeline } from '../measure/result.ts'

/** A timeline fit for a chart: at most so many points, however long the run. */
export interface TimelineView {
  /** Seconds that a point stands for. */
  stepSeconds: number
  /** Seconds after the start at which each point's span ends. */
  atSeconds: number[]
  /** Per-second rates of counters, averaged over the span. */
  rates(column: string): number[]
  /** The largest value in the span, for levels such as users or pending deliveries. */
  peaks(column: string): number[]
  /** Latency of `message_delivery` in µs; null where nothing arrived. */
  latency(of: 'p50' | 'p99' | 'max'): (number | null)[]
}

/**
 * Merges seconds where there are more than a chart can show. Percentiles of merged seconds come from their added
 * histograms, never from an average of percentiles. Columns a result does not have are zero.
 */
export function timelineView(
  { columns, deliveryHistograms }: Timeline,
  mostPoints = MOST_POINTS,
): TimelineView {
  const seconds = columns['second'] ?? deliveryHistograms.map((_, i) => i + 1)
  const stepSeconds = Math.max(1, Math.ceil(seconds.length / mostPoints))
  const spans = Array.from({ length: Math.ceil(seconds.length / stepSeconds) }, (_, i) => ({
    from: i * stepSeconds,
    to: Math.min((i + 1) * stepSeconds, seconds.length),
  }))
  const slices = (column: string): number[][] => {
    const values = columns[column]
    return spans.map(({ from, to }) => values?.slice(from, to) ?? [0])
  }
  const merged = spans.map(({ from, to }) => mergedHistogram(deliveryHistograms.slice(from, to)))
  return {
    stepSeconds,
    atSeconds: spans.map(({ to }) => seconds[to - 1] as number),
    rates: (column) =>
      slices(column).map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    peaks: (column) => slices(column).map((values) => Math.max(...values)),
    latency: (of) =>
      merged.map((histogram) => {
        if (histogram === undefined) return null
        return of === 'max' ? histogram.maxUs : histogram.valueAt(of === 'p50' ? 50 : 99)
      }),
  }
}

// --- internal ---

/** A screen has no room for more. */
const MOST_POINTS = 720

function mergedHistogram(parts: readonly (EncodedHistogram | null)[]): Histogram | undefined {
  let whole: Histogram | undefined
  for (const part of parts) {
    if (part === null || part.count === 0) continue
    const histogram = Histogram.decode(part)
    if (whole === undefined) whole = histogram
    else whole.merge(histogram)
  }
  return whole
}
