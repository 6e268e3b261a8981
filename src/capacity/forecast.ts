import type { CapacityStep } from '../measure/capacity.ts'
import type { SearchSettings } from './move.ts'
import { nextMove } from './search.ts'

/**
 * How many steps a search still takes when the truth lies at `truth` and no step errs: found by letting the search itself
 * run on such steps.
 */
export function stepsAhead(settings: SearchSettings, steps: readonly CapacityStep[], truth: number): number {
  const imagined = [...steps]
  while (imagined.length - steps.length < MOST_IMAGINED) {
    const move = nextMove(settings, imagined, ENDLESS)
    if (move.kind === 'end') break
    imagined.push(imaginedStep(settings, move, imagined.length + 1, move.load <= truth))
  }
  return imagined.length - steps.length
}

/** Where the truth may lie after these steps: between what passed and what did not, or a little above what passed. */
export function guessedTruth(
  { startLoad, mostLoad }: SearchSettings,
  steps: readonly CapacityStep[],
): number {
  const loads = (outcome: CapacityStep['outcome']): number[] =>
    steps.filter((step) => step.outcome === outcome).map(({ load }) => load)
  const lowestFail = Math.min(...loads('fail'), Number.POSITIVE_INFINITY)
  const highestPass = Math.max(...loads('pass').filter((load) => load < lowestFail), 0)
  if (highestPass === 0) return Number.isFinite(lowestFail) ? lowestFail / 2 : startLoad * GUESSED_FACTOR
  if (Number.isFinite(lowestFail)) return Math.sqrt(highestPass * lowestFail)
  return Math.min(highestPass * GUESSED_FACTOR, mostLoad ?? Number.POSITIVE_INFINITY)
}

/** Fewest and most steps that a search takes that begins now, if the truth lies within a decade of its start. */
export function stepsFromStart(settings: SearchSettings): { fewest: number; most: number } {
  const top = Math.min(settings.mostLoad ?? Number.POSITIVE_INFINITY, settings.startLoad * 20)
  const counts = [1.1, 2, 4, 8, 16].map((factor) =>
    stepsAhead(settings, [], Math.min(settings.startLoad * factor, top)),
  )
  return { fewest: Math.min(...counts), most: Math.max(...counts) }
}

// --- internal ---

const MOST_IMAGINED = 200
const GUESSED_FACTOR = 2
const ENDLESS = { secondsLeft: Number.POSITIVE_INFINITY, secondsPerStep: 1 }

function imaginedStep(
  { objectives }: SearchSettings,
  { phase, load }: Pick<CapacityStep, 'phase' | 'load'>,
  number: number,
  isHeld: boolean,
): CapacityStep {
  const outcome = isHeld ? 'pass' : 'fail'
  return {
    number,
    phase,
    load,
    users: 0,
    seed: 0,
    startedAt: '',
    durationSeconds: 0,
    outcome,
    reasons: [],
    objectives: objectives.map(({ text, threshold: { limit } }) => ({
      expression: text,
      observed: isHeld ? limit / 2 : limit * 2,
      limit,
      isAtLeast: false,
      count: null,
      status: outcome,
    })),
    isBrokenBeside: false,
    validity: 'valid',
    latency: null,
    achieved: { deliveriesPerSecond: 0, sentPerSecond: 0, shareOfPlan: 1, errorShare: 0, lost: 0 },
    cpuShare: null,
    resources: [],
    result: null,
  }
}
