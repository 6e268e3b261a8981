import type { CapacityStep } from '../measure/capacity.ts'
import { type Objective, samplesWanted } from './objective.ts'

/** A step is not made longer than so many times its length: what needs more has too few samples at any length. */
const MOST_STRETCH = 4
/** Of a budget that many steps must fit, whatever one would like. */
const STEPS_IN_BUDGET = 18

/**
 * How long a step that confirms should be at this load so that every percentile has 30 samples beyond it, by what the steps
 * before measured; `baseSeconds` where that is enough, nothing is known yet, or the budget (null: none) has no room for more.
 */
export function confirmingSeconds(
  steps: readonly CapacityStep[],
  objectives: readonly Objective[],
  load: number,
  { baseSeconds, budgetSeconds }: { baseSeconds: number; budgetSeconds: number | null },
): number {
  const wanted = Math.max(0, ...objectives.map(samplesWanted))
  const nearest = steps
    .filter(({ latency, durationSeconds }) => (latency?.count ?? 0) > 0 && durationSeconds > 0)
    .toSorted((a, b) => Math.abs(Math.log(a.load / load)) - Math.abs(Math.log(b.load / load)))[0]
  if (wanted === 0 || nearest === undefined) return baseSeconds
  const perSecond = ((nearest.latency?.count ?? 0) / nearest.durationSeconds) * (load / nearest.load)
  const affordable = (budgetSeconds ?? Number.POSITIVE_INFINITY) / STEPS_IN_BUDGET
  const longest = Math.min(MOST_STRETCH * baseSeconds, affordable)
  return Math.max(baseSeconds, Math.floor(Math.min(Math.ceil(wanted / perSecond), longest)))
}
