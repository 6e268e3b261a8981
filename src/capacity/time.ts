import type { CapacityStep } from '../measure/capacity.ts'
import type { Explored } from './explored.ts'
import { isBrokenOtherwise, LEAST_REPEATS } from './level.ts'
import { bracketEnds, type Level, levelAt } from './levels.ts'
import type { Clock } from './move.ts'
import type { Objective } from './objective.ts'

/** Time as a search looks at it. */
export interface Time {
  stepsLeft: number
  /** Steps to keep beside the repeats. */
  spare: number
}

/** What time there is, and how much of it these steps advise to spare. */
export function timeOf(
  steps: readonly CapacityStep[],
  objectives: readonly Objective[],
  { secondsLeft, secondsPerStep }: Clock,
): Time {
  const isShaky = steps.some((step) => step.outcome === 'generator' || isBrokenOtherwise(step, objectives))
  return { stepsLeft: secondsLeft / secondsPerStep, spare: isShaky ? SPARE_STEPS : 0 }
}

/**
 * Steps that are kept for repeats: a load that passed is worth those that confirm it, where none is confirmed, and one that failed its
 * own. Where both ends stand, those that move one of them.
 */
export function reservedSteps(levels: readonly Level[], { lo, hi, hiIs }: Explored): number {
  if (lo === undefined) return 0
  const { verified, refuted } = bracketEnds(levels)
  if (verified !== undefined && refuted !== undefined) return LEAST_REPEATS
  const toVerify = verified === undefined ? LEAST_REPEATS : 0
  if (refuted !== undefined) return toVerify
  return toVerify + (hi === undefined ? 1 : hiIs === 'fail' ? missing(levelAt(levels, hi)) : 0)
}

/** Repeats that a level wants still, at least. */
export function missing({ runs }: Level): number {
  return Math.max(1, LEAST_REPEATS - runs)
}

// --- internal ---

/** Steps that are kept beside the repeats where something broke or said nothing already: so will a repeat or two. */
const SPARE_STEPS = 3
