import type { ComparisonVerdict } from '../measure/comparison.ts'
import type { MetricRule } from './metrics.ts'

/** What one side measured and the other did not: what is not there has no ratio, and must not vanish for that. */
export interface Unmeasured {
  /** Pairs, or runs, that lack the metric on this side alone. */
  a: number
  b: number
  /** `8 pairs`: all that there are of a side. */
  ofA: string
  ofB: string
}

/** Whether a run measured something that a ratio can be made of. */
export function hasRatio(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && value > 0
}

/**
 * The verdict of a metric once what is missing is taken into account. Missing in B alone is worse; missing in A leaves nothing to be
 * better or the same as. Metrics that only inform, and what could not be seen of processes, are never worse by that.
 */
export function heldAgainst(
  verdict: ComparisonVerdict,
  { isGated, needsProcesses = false }: MetricRule,
  { a, b }: Unmeasured,
): ComparisonVerdict {
  if (!isGated || (a === 0 && b === 0)) return verdict
  if (a === 0 && !needsProcesses) return 'worse'
  return verdict === 'worse' ? 'worse' : 'unknown'
}

/** `B measured none in 2 of 8 pairs`; null where nothing is missing. */
export function unmeasuredSays({ a, b, ofA, ofB }: Unmeasured): string | null {
  const parts = [
    ...(b > 0 ? [`B measured none in ${b} of ${ofB}`] : []),
    ...(a > 0 ? [`A measured none in ${a} of ${ofA}`] : []),
  ]
  return parts.length === 0 ? null : parts.join(' and ')
}
