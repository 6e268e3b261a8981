import { judge, ALPHA_PER_LOOK, LOOKS } from '../../src/statistics/verdict.ts'

/** How runs on a shared machine scatter, in natural logarithms of a latency. */
export interface NoiseModel {
  /** SD of a run's own noise. */
  run: number
  /** Share of runs that something else disturbed, which made them slower by 5 % to 30 %. */
  outliers: number
  /** SD of what the machine does to all runs, and the share of it that is left one pair, or two runs, later (autoregression). */
  drift: number
  driftKept: number
}

/** A shared machine whose runs of one thing are alike. */
export const CALM: NoiseModel = { run: 0.03, outliers: 0.05, drift: 0.08, driftKept: 0.7 }

export type Draw = () => number

/** A normal number (Box & Muller). */
export function normal(next: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** One machine: every call is one more run on it, of a build that is slower by `change` (0.1: ten per cent), as ln latency. */
export function machine(
  { run, outliers, drift, driftKept }: NoiseModel,
  next: Draw,
): (change: number) => number {
  const kept = Math.sqrt(driftKept)
  let level = drift * normal(next)
  return (change) => {
    level = kept * level + drift * Math.sqrt(1 - driftKept) * normal(next)
    return Math.log1p(change) + level + disturbance(outliers, next) + run * normal(next)
  }
}

/** What something else did to a run, in natural logarithms; mostly nothing. */
export function disturbance(share: number, next: Draw): number {
  return next() < share ? Math.log(1.05 + 0.25 * next()) : 0
}

/** The ln ratios of interleaved pairs of an old and a new build, the order within a pair by a coin. */
export function pairs(count: number, change: number, noise: NoiseModel, next: Draw): number[] {
  const runOn = machine(noise, next)
  return Array.from({ length: count }, () => {
    const isOldFirst = next() < 0.5
    const [first, second] = [runOn(isOldFirst ? 0 : change), runOn(isOldFirst ? change : 0)]
    return isOldFirst ? second - first : first - second
  })
}

export type Outcome = ReturnType<typeof judge>['verdict']

/** What the gate says that looks after 8, 12, 16 and 20 pairs and stops as soon as it knows. */
export function gate(logRatios: readonly number[], margin: number): { verdict: Outcome; pairs: number } {
  for (const look of LOOKS) {
    const { verdict } = judge(logRatios.slice(0, look), margin, ALPHA_PER_LOOK)
    if (verdict !== 'unknown' || look === LOOKS.at(-1)) return { verdict, pairs: look }
  }
  throw new Error('a gate has looks')
}

/** How often the gate says what, as shares of so many comparisons, and after how many pairs on average. */
export function gateRates(
  comparisons: number,
  { change, margin, noise }: { change: number; margin: number; noise: NoiseModel },
  next: Draw,
): Record<Outcome | 'pairs', number> {
  const rates = { worse: 0, better: 0, same: 0, unknown: 0, pairs: 0 }
  for (let i = 0; i < comparisons; i++) {
    const { verdict, pairs: needed } = gate(pairs(LOOKS.at(-1) as number, change, noise, next), margin)
    rates[verdict] += 1 / comparisons
    rates.pairs += needed / comparisons
  }
  return rates
}
