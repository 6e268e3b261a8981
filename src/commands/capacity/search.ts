import { setTimeout as delay } from 'node:timers/promises'
import type { Ending } from '../../capacity/bracket.ts'
import { guessedTruth, stepsAhead } from '../../capacity/forecast.ts'
import type { SearchSettings } from '../../capacity/move.ts'
import { confirmingLength, type ConfirmingLength } from '../../capacity/step-length.ts'
import { isBrokenOtherwise } from '../../capacity/level.ts'
import { moveWithinBudget, type TimedStep } from '../../capacity/within-budget.ts'
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
  before: readonly TimedStep[]
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
  // A run that could not be made then may be made now.
  const made = before.filter(({ step }) => step.outcome !== 'fault')
  const steps = made.map(({ step }) => step)
  let number = before.length
  const baseSeconds = stepMs / 1e3
  const lengthAt = (load: number): ConfirmingLength =>
    confirmingLength(steps, around.objectives, load, { baseSeconds, budgetSeconds })
  const said = new Set<string>()
  const sayOnce = (what: 'longer' | 'short', line: string): void => {
    if (!said.has(what)) display.note(line)
    said.add(what)
  }
  for (;;) {
    if (around.signal.aborted) return { steps, ending: 'signal', open: [] }
    const settings = settingsAfter(steps)
    const longest = steps.length === 0 ? baseSeconds : lengthAt(guessedTruth(settings, steps)).seconds
    const plannedSeconds = longest + secondsBeside(around.scenario, stepMs)
    const secondsLeft = (deadlineMs - Date.now()) / 1e3
    const { move, secondsPerStep } = moveWithinBudget(settings, made, { plannedSeconds, secondsLeft })
    if (move.kind === 'end') return { steps, ending: move.why, open: move.open }
    const isConfirming = move.phase === 'verify' || move.phase === 'refute'
    const { seconds, short } = isConfirming ? lengthAt(move.load) : { seconds: baseSeconds, short: [] }
    if (seconds > baseSeconds)
      sayOnce(
        'longer',
        `steps that confirm take ${seconds} s instead of ${baseSeconds} s: fewer samples do not tell the percentile`,
      )
    if (short.length > 0)
      sayOnce(
        'short',
        `fewer than 30 samples will lie beyond ${short.map(({ text }) => text).join(' and ')} in ${seconds} s: the percentile is coarse; a longer --step or more budget tells it better`,
      )
    const ahead = stepsAhead(settings, steps, guessedTruth(settings, steps)) * secondsPerStep
    number++
    const { phase, load } = move
    display.began({ number, phase, load, seconds }, Math.min(ahead, secondsLeft))
    const latest = await makeStep(around, { number, phase, load, lengthMs: seconds * 1e3 })
    // What was cut short says nothing, and is made again by who resumes the search.
    if (around.signal.aborted) return { steps, ending: 'signal', open: [] }
    const { step } = latest
    if (step.outcome === 'fault' && steps.length === 0) throw latest.error ?? firstFault(step)
    steps.push(step)
    made.push({ step, tookSeconds: latest.tookSeconds })
    onStep(latest)
    display.ended(step)
    if (step.outcome === 'fault') await pause(around.signal)
    else if (step.isBrokenBeside || isBrokenOtherwise(step, around.objectives)) await around.rest()
  }
}

// --- internal ---

/** A target that is being restarted has that long before it is asked again. */
const FAULT_PAUSE_MS = 5_000

async function pause(signal: AbortSignal): Promise<void> {
  await delay(FAULT_PAUSE_MS, undefined, { signal }).catch(() => undefined)
}

/** Why nothing can be searched: the run was made, and nothing can be read off it. */
function firstFault({ reasons }: CapacityStep): StompedeError {
  const text = reasons.join('; ')
  if (text.includes('exception of the scenario')) return new StompedeError('SCENARIO_EXCEPTION', text)
  if (text.includes('nothing was measured')) return new StompedeError('SCENARIO_INVALID', text)
  return new StompedeError('TARGET_UNREACHABLE', text)
}
