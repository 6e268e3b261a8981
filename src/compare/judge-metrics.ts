import type { ComparedMetric } from '../measure/comparison.ts'
import { signedRankP } from '../statistics/signed-rank.ts'
import { deviation, median } from '../statistics/spread.ts'
import { ALPHA_PER_LOOK, detectable, judge } from '../statistics/verdict.ts'
import type { RunFigures } from './figures.ts'
import { type InformingLevel, informingLevels } from './informing.ts'
import type { MetricRule } from './metrics.ts'
import { metricSays } from './says.ts'
import { hasRatio, heldAgainst, type Unmeasured, unmeasuredSays } from './unmeasured.ts'

/** The two runs of a pair: same plan, same seed, one after the other. */
export interface PairFigures {
  a: RunFigures
  b: RunFigures
}

/**
 * Judges every metric over the pairs. Metrics that gate are judged each for itself, at the error of one look; all others
 * together, at 5 % after Holm. What the target's processes used gates only where it could be seen.
 */
export function judgeMetrics(rules: readonly MetricRule[], pairs: readonly PairFigures[]): ComparedMetric[] {
  const runs = pairs.flatMap(({ a, b }) => [a, b])
  const read = rules
    .filter((rule) => isShown(rule, runs))
    .map((rule) => ({ rule, logRatios: logRatiosOf(rule, pairs) }))
  const informing = read.filter(({ rule, logRatios }) => !rule.isGated && logRatios.length > 0)
  const levels = informingLevels(informing.map(({ logRatios }) => signedRankP(logRatios)))
  return read.map((each) => metricOf(each, pairs, levels[informing.indexOf(each)] ?? GATING))
}

/** SD of the log ratios above which nothing should be read into one pair. */
export const ERRATIC_SD = 0.1

/** A spread of fewer says nothing. */
export const LEAST_FOR_SPREAD = 3

/** A metric as a result shows it. One that should have been measured and was not gates all the same, so that it is noticed. */
export function shown(
  { id, name, unit, isGated, isWorseWhenHigher, margin, needsProcesses = false }: MetricRule,
  isMeasured: boolean,
): Pick<ComparedMetric, 'id' | 'name' | 'unit' | 'isGated' | 'isWorseWhenHigher' | 'margin'> {
  return { id, name, unit, isGated: isGated && (isMeasured || !needsProcesses), isWorseWhenHigher, margin }
}

/** Whether a metric is in the result: of those that inform, the ones that some run measured. */
export function isShown({ id, isGated }: MetricRule, runs: readonly RunFigures[]): boolean {
  return isGated || runs.some(({ values }) => (values[id] ?? null) !== null)
}

/** The median of what the runs of one side measured; null where none did. */
export function medianOf(id: string, runs: readonly RunFigures[]): number | null {
  const values = runs.flatMap(({ values: measured }) => measured[id] ?? [])
  return values.length === 0 ? null : median(values)
}

/** An interval of log ratios as changes; null where an end is boundless. */
export function changeOf(
  interval: { estimate: number; lo: number; hi: number } | null,
  level: number,
): ComparedMetric['change'] {
  if (interval === null || !Number.isFinite(interval.lo) || !Number.isFinite(interval.hi)) return null
  const { estimate, lo, hi } = interval
  return { estimate: Math.expm1(estimate), lo: Math.expm1(lo), hi: Math.expm1(hi), level }
}

// --- internal ---

const GATING: InformingLevel = { alpha: ALPHA_PER_LOOK, mayDiffer: true }

/** ln(b / a) of every pair that measured the metric, turned so that above 0 is worse. */
function logRatiosOf({ id, isWorseWhenHigher }: MetricRule, pairs: readonly PairFigures[]): number[] {
  return pairs.flatMap(({ a, b }) => {
    const [from, to] = [a.values[id], b.values[id]]
    // Of nothing there is no ratio.
    if (!hasRatio(from) || !hasRatio(to)) return []
    return [isWorseWhenHigher ? Math.log(to / from) : Math.log(from / to)]
  })
}

function unmeasuredOf({ id }: MetricRule, pairs: readonly PairFigures[]): Unmeasured {
  const lacking = (one: 'a' | 'b', other: 'a' | 'b'): number =>
    pairs.filter((pair) => !hasRatio(pair[one].values[id]) && hasRatio(pair[other].values[id])).length
  const all = pairsText(pairs.length)
  return { a: lacking('a', 'b'), b: lacking('b', 'a'), ofA: all, ofB: all }
}

function pairsText(count: number): string {
  return `${count} ${count === 1 ? 'pair' : 'pairs'}`
}

function metricOf(
  { rule, logRatios }: { rule: MetricRule; logRatios: number[] },
  pairs: readonly PairFigures[],
  { alpha, mayDiffer }: InformingLevel,
): ComparedMetric {
  const judgement = logRatios.length === 0 ? null : judge(logRatios, rule.margin, alpha)
  const verdict = judgement?.verdict ?? 'unknown'
  const unmeasured = unmeasuredOf(rule, pairs)
  const seen = logRatios.length < LEAST_FOR_SPREAD ? Number.NaN : detectable(logRatios, alpha)
  const metric: Omit<ComparedMetric, 'says'> = {
    ...shown(rule, logRatios.length > 0),
    a: medianOf(
      rule.id,
      pairs.map(({ a }) => a),
    ),
    b: medianOf(
      rule.id,
      pairs.map(({ b }) => b),
    ),
    logRatios,
    change: changeOf(judgement?.interval ?? null, 1 - alpha),
    detectable: Number.isFinite(seen) ? seen : null,
    isErratic: logRatios.length >= LEAST_FOR_SPREAD && deviation(logRatios) > ERRATIC_SD,
    verdict: heldAgainst(mayDiffer || verdict === 'same' ? verdict : 'unknown', rule, unmeasured),
  }
  const estimate = judgement?.interval.estimate ?? null
  const missing = rule.isGated ? unmeasuredSays(unmeasured) : null
  return { ...metric, says: metricSays(metric, pairsText(logRatios.length), estimate, missing) }
}
