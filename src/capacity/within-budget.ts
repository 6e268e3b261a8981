import type { CapacityStep } from '../measure/capacity.ts'
import { median } from '../statistics/spread.ts'
import type { Move, SearchSettings } from './move.ts'
import { nextMove } from './search.ts'

/** A step that is over, and what it took from start to start. */
export interface TimedStep {
  step: CapacityStep
  tookSeconds: number
}

/** The next move in the time that is left, Infinity without a budget; `plannedSeconds` is what a step is expected to take. */
export function moveWithinBudget(
  settings: SearchSettings,
  made: readonly TimedStep[],
  { plannedSeconds, secondsLeft }: { plannedSeconds: number; secondsLeft: number },
): { move: Move; secondsPerStep: number } {
  const steps = made.map(({ step }) => step)
  // Loads far beyond the limit take twice as long; they say nothing of those to come.
  const secondsPerStep =
    made.length === 0
      ? plannedSeconds
      : Math.max(plannedSeconds, median(made.map(({ tookSeconds }) => tookSeconds)))
  const move = nextMove(settings, steps, { secondsLeft, secondsPerStep })
  // But of their repeats they do.
  const isTooLong =
    move.kind === 'step' &&
    made.some(({ step: { load }, tookSeconds }) => load === move.load && tookSeconds > secondsLeft)
  return {
    move: isTooLong ? nextMove(settings, steps, { secondsLeft: 0, secondsPerStep }) : move,
    secondsPerStep,
  }
}
