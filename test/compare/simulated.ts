import { judgePairs } from '../../src/compare/comparison.ts'
import { figuresOf, type RunFigures } from '../../src/compare/figures.ts'
import type { PairFigures } from '../../src/compare/judge-metrics.ts'
import { isLook, MOST_PAIRS, pairPlan } from '../../src/compare/looks.ts'
import { type MetricRule, withMargins } from '../../src/compare/metrics.ts'
import type { ComparisonVerdict } from '../../src/measure/comparison.ts'
import { machine, type NoiseModel, normal } from '../statistics/simulated-runs.ts'
import { madeUpRun } from './synthetic.ts'

/** How often whole comparisons ended in which verdict, and after how many pairs on average. */
export type VerdictRates = Record<ComparisonVerdict | 'pairs', number>

/**
 * Simulated comparisons by the way a real one goes: made-up results of runs, their figures, pairs in random order, looks, verdict
 * over all metrics that gate. `slower` is B's change of p99 (0.1: ten per cent); p50 and CPU scatter as p99 does, deliveries hardly.
 * The margin is that of all but the deliveries.
 */
export function comparisonRates(
  comparisons: number,
  { slower, noise, margin = 0.05 }: { slower: number; noise: NoiseModel; margin?: number },
  next: () => number,
): VerdictRates {
  const rates: VerdictRates = { worse: 0, better: 0, same: 0, unknown: 0, pairs: 0 }
  for (let i = 0; i < comparisons; i++) {
    const { verdict, pairs } = simulate(
      { slower, noise, rules: rulesOf(margin) },
      Math.floor(next() * 2 ** 32),
      next,
    )
    rates[verdict] += 1 / comparisons
    rates.pairs += pairs / comparisons
  }
  return rates
}

// --- internal ---

const CIRCUMSTANCES = { noise: null, obstacles: [], isUnknownPassed: false }

/** The metrics with this margin for all that scatter. */
function rulesOf(margin: number): MetricRule[] {
  return withMargins(new Map(['p50', 'p99', 'cpu'].map((flag) => [flag, margin])))
}

function simulate(
  { slower, noise, rules }: { slower: number; noise: NoiseModel; rules: MetricRule[] },
  seed: number,
  next: () => number,
): { verdict: ComparisonVerdict; pairs: number } {
  // Half of a run's variance hits all of its figures alike, the other half is each figure's own.
  const half = noise.run / Math.SQRT2
  const runOn = machine({ ...noise, run: half }, next)
  const own = (): number => half * normal(next)
  const runOf = (change: number): RunFigures => {
    const common = runOn(0)
    const result = madeUpRun({
      p50Us: 20_000 * Math.exp(common + own()),
      p99Us: 80_000 * (1 + change) * Math.exp(common + own()),
      deliveriesPerSecond: 1_000 * Math.exp(0.002 * normal(next)),
    })
    return figuresOf(result, 0.2 * Math.exp(common + own()))
  }
  const figures: PairFigures[] = []
  for (;;) {
    const isBaseFirst = pairPlan(seed, figures.length + 1).first === 'a'
    const [one, other] = [runOf(isBaseFirst ? 0 : slower), runOf(isBaseFirst ? slower : 0)]
    figures.push(isBaseFirst ? { a: one, b: other } : { a: other, b: one })
    if (!isLook(figures.length, MOST_PAIRS)) continue
    const { status } = judgePairs(figures, 'pairs', { ...CIRCUMSTANCES, rules }, '').verdict
    if (status !== 'unknown' || figures.length === MOST_PAIRS)
      return { verdict: status, pairs: figures.length }
  }
}
