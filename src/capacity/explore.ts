import type { LoadUnit } from '../measure/capacity.ts'
import { type Explored, isUntold } from './explored.ts'
import { bracketEnds, type Level, levelAt } from './levels.ts'
import { above, asLoad, between, floorLoad } from './loads.ts'
import type { Move, SearchPhase, SearchSettings } from './move.ts'
import { reservedSteps, type Time } from './time.ts'

/** Ramp and bisection; undefined once there is nothing left of them, or no time for more than to confirm. */
export function explore(
  { unit, startLoad, mostLoad }: SearchSettings,
  levels: readonly Level[],
  explored: Explored,
  time: Time,
  lastLoad: number | undefined,
): Move | undefined {
  const { lo, hi } = explored
  const step = (phase: SearchPhase, load: number): Move => ({ kind: 'step', phase, load })
  const capped = (load: number): number => Math.min(load, mostLoad ?? Number.POSITIVE_INFINITY)
  const free = time.stepsLeft - reservedSteps(levels, explored)
  if (free < 1) return undefined
  if (levels.length === 0) return step('ramp', asLoad(capped(startLoad), unit))
  if (hi === undefined) {
    const from = lo ?? startLoad
    // Far below its limits a load says little: two strides at once.
    const factor = lo !== undefined && levelAt(levels, lo).isEasy ? RAMP_FACTOR ** 2 : RAMP_FACTOR
    const next = asLoad(capped(from * factor), unit)
    return step('ramp', next > from ? next : floorLoad(capped(above(from, unit)), unit))
  }
  if (lo === undefined) {
    if (isUntold(levelAt(levels, hi))) return step('ramp', hi)
    const next = asLoad(hi / DESCENT_FACTOR, unit)
    return next >= hi || hi <= leastOf(capped(startLoad)) ? undefined : step('ramp', next)
  }
  // A wider bracket is worth more than a narrow one that chance keeps from being confirmed.
  const { verified, refuted } = bracketEnds(levels)
  const spare = verified !== undefined && refuted !== undefined ? 0 : time.spare
  if (free < spare + 1) return undefined
  const load = bisected(levels, { lo, hi, hiIs: explored.hiIs }, unit, lastLoad)
  return load === undefined ? undefined : step('bisect', load)
}

// --- internal ---

const RAMP_FACTOR = 1.6
/** Downwards where not even the first load holds. */
const DESCENT_FACTOR = RAMP_FACTOR ** 2
const DESCENTS = 4
const BISECT_RATIO = 1.08
/** Where the generator gives up is not what was asked: a coarser end will do. */
const BISECT_RATIO_GENERATOR = 1.25
/** How near a load that holds with ease a single failure is doubted. */
const DOUBT_RATIO = 1.3

/** So far down it is looked for; half a descent less, for loads are rounded. */
function leastOf(startLoad: number): number {
  return startLoad / DESCENT_FACTOR ** (DESCENTS - 0.5)
}

/** The load that narrows what was explored; undefined where it is narrow enough. */
function bisected(
  levels: readonly Level[],
  { lo, hi, hiIs }: { lo: number; hi: number; hiIs: Explored['hiIs'] },
  unit: LoadUnit,
  lastLoad: number | undefined,
): number | undefined {
  if (lo >= hi) return undefined
  const top = levelAt(levels, hi)
  const middle = between(lo, hi, unit)
  const isNarrow =
    middle === undefined || hi / lo <= (hiIs === 'fail' ? BISECT_RATIO : BISECT_RATIO_GENERATOR)
  // Once unfit may be an accident: asked again as soon as what is below held, and not where the end shows below.
  if (isUntold(top) && (isNarrow || lastLoad !== hi)) return hi
  // Latencies far below their limits do not leap beyond them within a step of the ramp, but a machine has its moments. What broke
  // beside them may well leap: a repeat tells that, and counts.
  const isLeap = top.canPass && levelAt(levels, lo).isEasy && hi / lo <= DOUBT_RATIO
  const isDoubted = top.singles === 1 && isLeap
  if (hiIs === 'fail' && isDoubted) return hi
  return isNarrow ? undefined : middle
}
