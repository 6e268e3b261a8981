import type { ComparedMetric, MachineNoise } from '../measure/comparison.ts'
import { deviation } from '../statistics/spread.ts'
import { leastMargin } from '../statistics/verdict.ts'

/** How far apart runs of the same thing are, from a self-check's metrics; null where there were too few pairs to tell. */
export function noiseOf(
  metrics: readonly ComparedMetric[],
  pairs: number,
  measuredAt: string,
): MachineNoise | null {
  const measured = metrics.flatMap(({ id, logRatios }) => {
    if (logRatios.length < LEAST_PAIRS_FOR_NOISE) return []
    const least = leastMargin(logRatios)
    return Number.isFinite(least) ? [[id, { sd: deviation(logRatios), leastMargin: least }] as const] : []
  })
  return measured.length === 0 ? null : { measuredAt, pairs, metrics: Object.fromEntries(measured) }
}

/**
 * The least margin that this machine can hold, where the metric's is tighter; null where it is wide enough. From the noise of a
 * self-check if there is one, and from the comparison's own pairs.
 */
export function tooTight(
  { id, margin, logRatios }: Pick<ComparedMetric, 'id' | 'margin' | 'logRatios'>,
  noise: MachineNoise | null,
): number | null {
  const known = noise?.metrics[id]?.leastMargin ?? 0
  const own = logRatios.length < LEAST_PAIRS_FOR_NOISE ? 0 : leastMargin(logRatios)
  const least = Math.max(known, own)
  return Number.isFinite(least) && least > margin ? least : null
}

// --- internal ---

/** As few as a comparison is first judged by. */
const LEAST_PAIRS_FOR_NOISE = 8
