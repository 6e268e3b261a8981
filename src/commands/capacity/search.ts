import type { Ending } from '../../capacity/bracket.ts'
import { guessedTruth, stepsAhead } from '../../capacity/forecast.ts'
import { nextMove, type SearchSettings } from '../../capacity/search.ts'
import { confirmingSeconds } from '../../capacity/step-length.ts'
import { StompedeError } from '../../errors.ts'
import type { CapacityStep } from '../../measure/capacity.ts'
import { secondsBeside } from './loads.ts'
import type { SearchDisplay } from './progress.ts'
import { type MadeStep, makeStep, type StepSurroundings } from './step.ts'

/** What a search is given beside what its steps share. */
export interface SearchRequest {
  /** By what the steps so far have shown of the generator. */
  settingsAfter: (steps: readonly CapacityStep[]) => SearchSettings
  stepMs: number
  /** Steps of a search that is resumed, with what each took. */
  before: readonly { step: CapacityStep; tookSeconds: number }[]
  budgetSeconds: number | null
  /** Moment of Date.now() at which time runs out; Infinity without a budget. */
  deadlineMs: number
  display: SearchDisplay
  /** Hears of every step as it ends. */
  onStep: (made: MadeStep) => void
}

/** What a search comes to. */
export interface SearchEnd {
  steps: CapacityStep[]
  ending: Ending
  /** What was left open, in words. */
  open: string[]
}

/**
 * Makes step after step as the search wants them. A run that cannot be made is thrown where it is the first: then it is
 * the command that is wrong, or the target is not there.
 */
export async function searchLoad(
  around: StepSurroundings,
  { settingsAfter, stepMs, before, budgetSeconds, deadlineMs, display, onStep }: SearchRequest,
): Promise<SearchEnd> {
  const steps = before.map(({ step }) => step)
  const took = before.map(({ tookSeconds }) => tookSeconds)
  const baseSeconds = stepMs / 1e3
  const lengthAt = (load: number): number =>
    confirmingSeconds(steps, around.objectives, load, { baseSeconds, budgetSeconds })
  let isLengthSaid = false
  for (;;) {
    if (around.signal.aborted) return { steps, ending: 'signal', open: [] }
    const settings = settingsAfter(steps)
    const longest = steps.length === 0 ? baseSeconds : lengthAt(guessedTruth(settings, steps))
    const secondsPerStep = Math.max(longest + secondsBeside(around.scenario, stepMs), ...took.slice(-RECENT))
    const secondsLeft = (deadlineMs - Date.now()) / 1e3
    const move = nextMove(settings, steps, { secondsLeft, secondsPerStep })
    if (move.kind === 'end') return { steps, ending: move.why, open: move.open }
    const isConfirming = move.phase === 'verify' || move.phase === 'refute'
    const seconds = isConfirming ? lengthAt(move.load) : baseSeconds
    if (seconds > baseSeconds && !isLengthSaid) {
      isLengthSaid = true
      display.note(
        `steps that confirm take ${seconds} s instead of ${baseSeconds} s: fewer deliveries do not tell the percentile`,
      )
    }
    const ahead = stepsAhead(settings, steps, guessedTruth(settings, steps)) * secondsPerStep
    const number = steps.length + 1
    const { phase, load } = move
    display.began({ number, phase, load, seconds }, Math.min(ahead, secondsLeft))
    const made = await makeStep(around, { number, phase, load, lengthMs: seconds * 1e3 })
    // What was cut short says nothing, and is made again by who resumes the search.
    if (around.signal.aborted) return { steps, ending: 'signal', open: [] }
    const { step } = made
    if (step.outcome === 'fault' && steps.length === 0)
      throw made.error ?? new StompedeError('TARGET_UNREACHABLE', step.reasons.join('; '))
    steps.push(step)
    took.push(made.tookSeconds)
    onStep(made)
    display.ended(step)
  }
}

// --- internal ---

/** Steps whose length counts for the next: the longest of them. */
const RECENT = 4
