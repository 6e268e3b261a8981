import type { CapacityStep } from '../measure/capacity.ts'
import { type Objective, samplesWanted } from './objective.ts'

/** A step is not made longer than so many times its length: what needs more has too few samples at any length. */
const MOST_STRETCH = 4
/** Of a budget that many steps must fit, whatever one would like. */
const STEPS_IN_BUDGET = 18

/** How long a step that confirms should be. */
export interface ConfirmingLength {
  seconds: number
  /** Objectives of which fewer than 30 samples will lie beyond the percentile all the same. */
  short: Objective[]
}

/**
 * How long a step that confirms should be at this load so that every percentile has 30 samples beyond it, by what the steps
 * before measured; `baseSeconds` where that is enough, nothing is known yet, or the budget (null: none) has no room for more.
 * The objective that needs most counts: calls are fewer than deliveries.
 */
export function confirmingLength(
  steps: readonly CapacityStep[],
  objectives: readonly Objective[],
  load: number,
  { baseSeconds, budgetSeconds }: { baseSeconds: number; budgetSeconds: number | null },
): ConfirmingLength {
  const needs = objectives.map((objective) => ({
    objective,
    seconds: secondsNeeded(steps, objective, load),
  }))
  const affordable = (budgetSeconds ?? Number.POSITIVE_INFINITY) / STEPS_IN_BUDGET
  const longest = Math.min(MOST_STRETCH * baseSeconds, affordable)
  const most = Math.max(0, ...needs.map((need) => need.seconds))
  const seconds = Math.max(baseSeconds, Math.floor(Math.min(most, longest)))
  return {
    seconds,
    short: needs.filter((need) => need.seconds > seconds).map(({ objective }) => objective),
  }
}

// --- internal ---

/** Until one objective has its samples; 0 where it wants none, or where no step has measured it yet. */
function secondsNeeded(steps: readonly CapacityStep[], objective: Objective, load: number): number {
  const wanted = samplesWanted(objective)
  const distance = (step: CapacityStep): number => Math.abs(Math.log(step.load / load))
  const nearest = steps
    .filter((step) => samplesIn(step, objective) > 0 && step.durationSeconds > 0)
    .toSorted((a, b) => distance(a) - distance(b))[0]
  if (wanted === 0 || nearest === undefined) return 0
  const perSecond = (samplesIn(nearest, objective) / nearest.durationSeconds) * (load / nearest.load)
  return Math.ceil(wanted / perSecond)
}

/** How often a step saw what an objective is about. */
function samplesIn({ objectives }: CapacityStep, { text }: Objective): number {
  return objectives.find(({ expression }) => expression === text)?.count ?? 0
}
