import { Histogram } from '../../measure/histogram.ts'
import type { TrendSummary } from '../../measure/result.ts'

/** A percentile of a latency as a curve or a table shows it. */
export interface CurvePoint {
  us: number
  /** It lies among timeouts and losses: the true value is at least that. */
  isAtLeast: boolean
}

/** Fewer samples than these beyond a percentile say nothing of it but how large the largest were. */
export const LEAST_BEYOND = 10

/** Where percentile p stands on an axis that gives each further nine the same room: 0.301 for 50, 1 for 90, 2 for 99. */
export function decadeOf(percentile: number): number {
  return -Math.log10(1 - percentile / 100)
}

/**
 * A latency at percentiles given by their decades, smallest first: percentile 100 (1 - 10^-decade). Undefined where fewer
 * than LEAST_BEYOND samples lie beyond.
 */
export function curveAt(
  trend: Pick<TrendSummary, 'histogram'>,
  decades: readonly number[],
): (CurvePoint | undefined)[] {
  const histogram = Histogram.decode(trend.histogram)
  const { count, censored } = histogram
  const ranks = decades.map((decade) => Math.max(1, Math.ceil(count * (1 - 10 ** -decade) - 1e-6)))
  const values: number[] = []
  let below = 0
  histogram.forEachValue((us, times) => {
    below += times
    while (values.length < ranks.length && (ranks[values.length] as number) <= below) values.push(us)
  })
  return decades.map((decade, i) => {
    const us = values[i]
    if (us === undefined || count * 10 ** -decade < LEAST_BEYOND - 1e-6) return undefined
    return { us, isAtLeast: censored > 0 && 10 ** -decade < censored / count }
  })
}
