import type { CapacityResult, CapacityStep } from '../../measure/capacity.ts'
import { latencyAt } from '../capacity-words.ts'
import { limitOf } from '../margin.ts'
import { medianTimed, type Timed } from '../timed.ts'
import type { Mark } from './drawing.ts'

/** How a step's end is drawn, with its word for the keys. */
export const OUTCOME_MARK: Record<CapacityStep['outcome'], { mark: Mark; ink: string; word: string }> = {
  pass: { mark: 'disc', ink: 'of-good', word: 'held' },
  fail: { mark: 'cross', ink: 'of-bad', word: 'did not hold' },
  generator: { mark: 'triangle', ink: 'of-unsure', word: 'generator not fit: no evidence' },
  fault: { mark: 'square', ink: 'of-quiet', word: 'could not be run' },
}

/** How a step of soak, overload and recovery is drawn: its length and its past are others than those of a search. */
export const AFTER_MARK = { mark: 'ring', ink: 'of-quiet', word: 'soak, overload, recovery' } as const

/** The mark of a step. */
export function markOf(step: CapacityStep): { mark: Mark; ink: string; word: string } {
  return isOfSearch(step) ? OUTCOME_MARK[step.outcome] : AFTER_MARK
}

/** Whether a step was run to find the capacity. */
export function isOfSearch({ phase }: CapacityStep): boolean {
  return phase !== 'soak' && phase !== 'overload' && phase !== 'recover'
}

/** Whether a step says something about the target. */
export function isEvidence({ outcome }: CapacityStep): boolean {
  return outcome === 'pass' || outcome === 'fail'
}

/** Why no step has a throughput without a loss. */
export function noThroughput({ steps }: CapacityResult): string {
  return steps.some((step) => isOfSearch(step) && isEvidence(step))
    ? 'no step came through without a loss'
    : 'no step says anything about the target'
}

/** What of a latency the headline's objective is about, for drawings and their words. */
export interface Statistic {
  /** `p99`, `p95`, `max`. */
  name: string
  /** Only to p99 belong the limit, the estimate and the line that is monotone. */
  isP99: boolean
  at: (step: CapacityStep) => Timed | undefined
}

/** The statistic of the headline's objective; p99 where it cannot be read. */
export function statisticOf({ plan }: Pick<CapacityResult, 'plan'>): Statistic {
  const [, name, percentile] = STATISTIC.exec(plan.objectives[0] ?? '') ?? []
  if (name === undefined || Number(percentile) === 99)
    return { name: 'p99', isP99: true, at: (step) => latencyAt(step, '99') }
  return {
    name: percentile === undefined ? (WORD[name] ?? name) : `p${Number(percentile)}`,
    isP99: false,
    at: ({ latency, objectives: [first] }) =>
      latency === null || first === undefined || first.observed === null
        ? undefined
        : { us: first.observed * 1e3, isAtLeast: first.isAtLeast },
  }
}

/** The limit that the headline's objective sets to p99, in ms, and how it is written; undefined for any other objective. */
export function latencyLimit({ plan, steps }: CapacityResult): { ms: number; text: string } | undefined {
  const expression = plan.objectives[0]
  if (expression === undefined || !steps.some(({ latency }) => latency !== null)) return undefined
  const limit = STATISTIC.test(expression) && statisticOf({ plan }).isP99 ? limitOf(expression) : undefined
  return limit === undefined || limit.value <= 0 ? undefined : { ms: limit.value, text: expression }
}

/** What the search's steps at a load that say something observed of a latency. */
export function timedAt(
  { steps }: CapacityResult,
  load: number | null,
  { at }: Statistic,
): Timed | undefined {
  return medianTimed(
    steps
      .filter((step) => step.load === load && isOfSearch(step) && isEvidence(step))
      .flatMap((step) => at(step) ?? []),
  )
}

// --- internal ---

/** The last part of an expression of k6's grammar: `p(99)<250`, `max<=500`. */
const STATISTIC = /(?:^|:)\s*(avg|min|max|med|p\((\d+(?:\.\d+)?)\))\s*(?:<=|>=|==|!=|<|>)\s*-?[\d.]+\s*$/

const WORD: Record<string, string> = { avg: 'mean', med: 'p50' }
