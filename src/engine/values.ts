import type { Histogram } from '../measure/histogram.ts'
import type { MetricValues } from '../scenario/thresholds.ts'

/** What thresholds look at, of a run up to a moment. */
export function valuesOf(
  counters: Readonly<Record<string, number>>,
  labelled: Readonly<Record<string, number>>,
  trends: Readonly<Record<string, Histogram>>,
  elapsedSeconds: number,
): MetricValues {
  return {
    elapsedSeconds,
    // A labelled counter that never moved is 0, not absent.
    counter: (metric) =>
      counters[metric] ?? (baseOf(metric) in counters ? (labelled[metric] ?? 0) : undefined),
    percentile: (metric, percentile) => {
      const trend = trends[metric]
      if (trend === undefined || trend.count === 0) return undefined
      return { us: trend.valueAt(percentile), isCensored: trend.isCensoredAt(percentile) }
    },
    summary: (metric) => {
      const trend = trends[metric]
      if (trend === undefined || trend.count === 0) return undefined
      return { minUs: trend.minUs, maxUs: trend.maxUs, meanUs: trend.meanUs, count: trend.count }
    },
  }
}

// --- internal ---

/** The name without its label: `dropped_iterations` of `dropped_iterations{reason:busy}`. */
function baseOf(metric: string): string {
  return metric.replace(/\{.*$/, '')
}
