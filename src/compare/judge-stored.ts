import type { ComparedMetric } from '../measure/comparison.ts'
import { type Interval, shift } from '../statistics/hodges-lehmann.ts'
import { rankSumP } from '../statistics/rank-sum.ts'
import { deviation } from '../statistics/spread.ts'
import type { RunFigures } from './figures.ts'
import { type InformingLevel, informingLevels } from './informing.ts'
import { changeOf, ERRATIC_SD, isShown, LEAST_FOR_SPREAD, medianOf, shown } from './judge-metrics.ts'
import type { MetricRule } from './metrics.ts'
import { metricSays } from './says.ts'
import { hasRatio, heldAgainst, type Unmeasured, unmeasuredSays } from './unmeasured.ts'

/**
 * Judges every metric over runs that are no pairs, by the two-sample shift of their logarithms at 5 %; those that inform together,
 * after Holm. What the machine did between the two sides is in the difference: pairs do not have that.
 */
export function judgeStoredMetrics(
  rules: readonly MetricRule[],
  a: readonly RunFigures[],
  b: readonly RunFigures[],
): ComparedMetric[] {
  const read = rules
    .filter((rule) => isShown(rule, [...a, ...b]))
    .map((rule): Logs => {
      const turn = rule.isWorseWhenHigher ? 1 : -1
      return { rule, a: logsOf(rule.id, a, turn), b: logsOf(rule.id, b, turn) }
    })
  const informing = read.filter(
    ({ rule, ...logs }) => !rule.isGated && logs.a.length > 0 && logs.b.length > 0,
  )
  const levels = informingLevels(informing.map((logs) => rankSumP(logs.a, logs.b)))
  return read.map((logs) => metricOf(logs, a, b, levels[informing.indexOf(logs)] ?? GATING))
}

/** Fewest stored runs of a side that gate. */
export const LEAST_STORED = 5

// --- internal ---

const GATING: InformingLevel = { alpha: 0.05, mayDiffer: true }

/** Logarithms of what was measured, turned so that more is worse. */
interface Logs {
  rule: MetricRule
  a: number[]
  b: number[]
}

function metricOf(
  { rule, ...logs }: Logs,
  a: readonly RunFigures[],
  b: readonly RunFigures[],
  { alpha, mayDiffer }: InformingLevel,
): ComparedMetric {
  const isInBoth = logs.a.length > 0 && logs.b.length > 0
  const unmeasured = unmeasuredOf(logs, a, b)
  const interval = isInBoth ? shift(logs.a, logs.b, alpha) : null
  // Enough runs of A are no more than those of them that measured it.
  const isTooThin = a.length >= LEAST_STORED && logs.a.length < LEAST_STORED
  const verdict = interval === null || isTooThin ? 'unknown' : verdictOf(interval, Math.log1p(rule.margin))
  const spread = spreadOf(logs.a, logs.b)
  const metric: Omit<ComparedMetric, 'says'> = {
    ...shown(rule, isInBoth),
    a: medianOf(rule.id, a),
    b: medianOf(rule.id, b),
    logRatios: [],
    change: changeOf(interval, 1 - alpha),
    detectable: spread === null ? null : Math.expm1(POWER * spread.error),
    isErratic: spread !== null && spread.sd > ERRATIC_SD,
    verdict: heldAgainst(mayDiffer || verdict === 'same' ? verdict : 'unknown', rule, unmeasured),
  }
  const runs = `${logs.a.length} against ${logs.b.length} runs`
  const missing = rule.isGated ? unmeasuredSays(unmeasured) : null
  return { ...metric, says: metricSays(metric, runs, interval?.estimate ?? null, missing) }
}

/** 97.5 % and 80 % of the normal distribution, and what ranks cost where means would do. */
const POWER = (1.96 + 0.84) * Math.sqrt(Math.PI / 3)

/** As `judge` has it for pairs. */
function verdictOf({ estimate, lo, hi }: Interval, least: number): ComparedMetric['verdict'] {
  if (lo > 0 && estimate >= least) return 'worse'
  if (hi < 0 && estimate <= -least) return 'better'
  return lo > -least && hi < least ? 'same' : 'unknown'
}

function logsOf(id: string, runs: readonly RunFigures[], turn: number): number[] {
  return runs.flatMap(({ values }) => {
    const value = values[id]
    return hasRatio(value) ? [turn * Math.log(value)] : []
  })
}

/** Runs that lack the metric on a side, where the other side has it at all. */
function unmeasuredOf(
  logs: Omit<Logs, 'rule'>,
  a: readonly RunFigures[],
  b: readonly RunFigures[],
): Unmeasured {
  return {
    a: logs.b.length > 0 ? a.length - logs.a.length : 0,
    b: logs.a.length > 0 ? b.length - logs.b.length : 0,
    ofA: `${a.length} runs`,
    ofB: `${b.length} runs`,
  }
}

/** The standard error of the difference, and the SD that a log ratio of one run each would have; null for too few. */
function spreadOf(a: readonly number[], b: readonly number[]): { error: number; sd: number } | null {
  if (Math.min(a.length, b.length) < LEAST_FOR_SPREAD) return null
  const [ofA, ofB] = [deviation(a) ** 2, deviation(b) ** 2]
  return { error: Math.sqrt(ofA / a.length + ofB / b.length), sd: Math.sqrt(ofA + ofB) }
}
