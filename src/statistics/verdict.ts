import { type Interval, pseudomedian } from './hodges-lehmann.ts'
import { chanceUpTo, largestWithin } from './ranks.ts'
import { signedRankCounts } from './signed-rank.ts'
import { deviation, medianDeviation } from './spread.ts'
import { tQuantile } from './student-t.ts'

/** After how many pairs a comparison is looked at. Not before 8: at this alpha the exact interval is boundless until then. */
export const LOOKS: readonly number[] = [8, 12, 16, 20]

/** Every look is taken at this level: four of them make 5 % at most (Bonferroni). */
export const ALPHA_PER_LOOK = 0.0125

/** What can be said about a change: `unknown` means that more pairs or less noise are needed. */
export interface Judgement {
  verdict: 'worse' | 'better' | 'same' | 'unknown'
  /** Of the log ratios. */
  interval: Interval
}

/**
 * Judges the ln(new / old) of interleaved pairs, above 0 being worse, against a margin (0.1: ten per cent). Worse or better is
 * what certainly moved and by an estimate of at least the margin; the same is what certainly moved by less. A change of exactly
 * the margin is called worse half to two thirds of the time (docs/statistics.md).
 */
export function judge(logRatios: readonly number[], margin: number, alpha: number): Judgement {
  const interval = pseudomedian(logRatios, alpha)
  const least = Math.log1p(margin)
  return { verdict: verdictOf(interval, least), interval }
}

/**
 * The smallest change, as a ratio − 1, that so many pairs with this noise tell from none with a power of 80 %; NaN with fewer
 * than 2 pairs. From n = π/3 × ((t(1 − a/2) + t(0.8)) × SD / effect)², a being what the exact interval holds and π/3 what ranks cost where a t-test would do
 * (Lehmann, Nonparametrics, 2.4). Where the interval reaches from the least to the largest pair, all of them have to agree. Infinity
 * below the pairs that the exact interval needs. To be called worse a change must reach the margin besides.
 */
export function detectable(logRatios: readonly number[], alpha: number = ALPHA_PER_LOOK): number {
  const pairs = logRatios.length
  if (pairs < 2) return Number.NaN
  const counts = signedRankCounts(logRatios.map((_, i) => i + 1))
  const depth = largestWithin(counts, alpha / 2)
  if (depth < 0) return Number.POSITIVE_INFINITY
  // Ranks are whole numbers: the interval holds somewhat more than it promises.
  const oneTail = chanceUpTo(counts, depth)
  const byMeans = (quantile(1 - oneTail, pairs) + quantile(POWER, pairs)) * Math.sqrt(Math.PI / 3 / pairs)
  const byAgreement = depth === 0 ? tQuantile(POWER ** (1 / pairs), ALMOST_NORMAL) : 0
  return Math.expm1(deviation(logRatios) * Math.max(byMeans, byAgreement))
}

/**
 * The least margin, as a ratio − 1, at which 20 pairs of the same thing with this noise are mostly called the same: 1.2 × the
 * median deviation of their log ratios, by simulation (docs/statistics.md). NaN without pairs.
 */
export function leastMargin(logRatios: readonly number[]): number {
  return Math.expm1(1.2 * medianDeviation(logRatios))
}

// --- internal ---

const POWER = 0.8
/** With so many degrees of freedom, t is normal to 6 digits. */
const ALMOST_NORMAL = 1e6

function quantile(probability: number, pairs: number): number {
  return tQuantile(probability, pairs - 1)
}

function verdictOf({ estimate, lo, hi }: Interval, least: number): Judgement['verdict'] {
  if (lo > 0 && estimate >= least) return 'worse'
  if (hi < 0 && estimate <= -least) return 'better'
  return lo > -least && hi < least ? 'same' : 'unknown'
}
