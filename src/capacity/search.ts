import type { CapacityStep, StepPhase } from '../measure/capacity.ts'
import { confirm } from './confirm.ts'
import { explore } from './explore.ts'
import { exploredOf } from './explored.ts'
import { levelsOf } from './levels.ts'
import { floorLoad } from './loads.ts'
import type { Clock, Move, SearchPhase, SearchSettings } from './move.ts'
import { reservedSteps, timeOf } from './time.ts'

// The search as a pure function of the steps that are over: so it can be told in a test, and goes on after a restart exactly
// where it was. docs/capacity.md tells it in words.

/** The next step of a search, or its end. */
export function nextMove(given: SearchSettings, steps: readonly CapacityStep[], clock: Clock): Move {
  const { unit, mostLoad } = given
  const settings = { ...given, mostLoad: mostLoad === null ? null : floorLoad(mostLoad, unit) }
  const searching = steps.filter(({ phase }) => isSearchPhase(phase))
  const last = searching.at(-1)
  const levels = levelsOf(searching, settings.objectives)
  const explored = exploredOf(levels, settings)
  const time = timeOf(searching, settings.objectives, clock)
  if (last?.outcome === 'fault') {
    if (isWorthAnother(last, searching.at(-2))) {
      // The repeats that what passed deserves come first.
      if (time.stepsLeft >= reservedSteps(levels, explored) + 1)
        return { kind: 'step', phase: last.phase as SearchPhase, load: last.load }
    } else if (explored.lo === undefined || !isExploring(last)) {
      return { kind: 'end', why: 'faults', open: [...last.reasons] }
    }
  }
  const move =
    explore(settings, levels, explored, time, last?.load) ?? confirm(settings, levels, explored, time)
  if (move.kind === 'step' || move.why !== 'faults') return move
  return { ...move, open: searching.findLast(({ outcome }) => outcome === 'fault')?.reasons ?? [] }
}

// --- internal ---

function isSearchPhase(phase: StepPhase): phase is SearchPhase {
  return phase !== 'soak' && phase !== 'overload' && phase !== 'recover'
}

function isExploring({ phase }: CapacityStep): boolean {
  return phase === 'ramp' || phase === 'bisect'
}

/** Whether a run that could not be made is tried once more; the second time its load is taken for a bound. */
function isWorthAnother(last: CapacityStep, before: CapacityStep | undefined): boolean {
  return before?.outcome !== 'fault' || before.load !== last.load
}
