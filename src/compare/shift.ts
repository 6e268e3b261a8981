import type { ComparisonResult } from '../measure/comparison.ts'
import { type Interval, pseudomedian, shift } from '../statistics/hodges-lehmann.ts'
import { SHIFT_PERCENTILES } from './figures.ts'
import type { RunFigures } from './figures.ts'
import type { PairFigures } from './judge-metrics.ts'

export type ShiftPoint = ComparisonResult['shift'][number]

/**
 * How far each percentile moved, B over A: the pseudomedian of the pairs' ratios with its 95 % interval. Percentiles of several
 * runs are never averaged. A percentile that some run could not back, or pairs too few for an interval, is left out.
 */
export function shiftOverPairs(pairs: readonly PairFigures[]): ShiftPoint[] {
  return pointsOf((percentile) => {
    const ratios = pairs.flatMap(({ a, b }) => logRatio(a.shiftUs[percentile], b.shiftUs[percentile]))
    return ratios.length < pairs.length || ratios.length === 0 ? null : pseudomedian(ratios, ALPHA)
  })
}

/** The same for runs that are no pairs. */
export function shiftOverRuns(a: readonly RunFigures[], b: readonly RunFigures[]): ShiftPoint[] {
  return pointsOf((percentile) => {
    const [from, to] = [logsOf(a, percentile), logsOf(b, percentile)]
    if (from.length < a.length || to.length < b.length || from.length === 0 || to.length === 0) return null
    return shift(from, to, ALPHA)
  })
}

// --- internal ---

const ALPHA = 0.05

function pointsOf(intervalOf: (percentile: string) => Interval | null): ShiftPoint[] {
  return SHIFT_PERCENTILES.flatMap((percentile) => {
    const interval = intervalOf(String(percentile))
    if (interval === null || !Number.isFinite(interval.lo) || !Number.isFinite(interval.hi)) return []
    const { estimate, lo, hi } = interval
    return [{ percentile, ratio: Math.exp(estimate), lo: Math.exp(lo), hi: Math.exp(hi) }]
  })
}

function logRatio(from: number | undefined, to: number | undefined): number[] {
  return from === undefined || to === undefined || from <= 0 || to <= 0 ? [] : [Math.log(to / from)]
}

function logsOf(runs: readonly RunFigures[], percentile: string): number[] {
  return runs.flatMap(({ shiftUs }) => {
    const valueUs = shiftUs[percentile] ?? 0
    return valueUs <= 0 ? [] : [Math.log(valueUs)]
  })
}
