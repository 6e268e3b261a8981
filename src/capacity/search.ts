import type { CapacityStep, LoadUnit, StepPhase } from '../measure/capacity.ts'
import { LEAST_REPEATS } from './level.ts'
import { type Level, levelAt, levelsOf } from './levels.ts'
import { above, asLoad, below, between, floorLoad } from './loads.ts'
import type { Objective } from './objective.ts'

// The search as a pure function of the steps that are over: so it can be told in a test, and goes on after a restart exactly
// where it was. docs/capacity.md tells it in words.

/** What is searched, and within which bounds. */
export interface SearchSettings {
  unit: LoadUnit
  objectives: readonly Objective[]
  startLoad: number
  /** The search never goes above it; null: no bound is known. */
  mostLoad: number | null
}

/** How much time there is. */
export interface Clock {
  /** Infinity without a budget. */
  secondsLeft: number
  /** What a step takes, from start to start. */
  secondsPerStep: number
}

/** What to do next: a step, or to stop and why. */
export type Move =
  | { kind: 'step'; phase: SearchPhase; load: number }
  | { kind: 'end'; why: 'found' | 'unmet' | 'generator-limited' | 'budget' | 'faults'; open: string[] }

export type SearchPhase = Exclude<StepPhase, 'soak' | 'overload' | 'recover'>

/** What the steps of ramp and bisection leave to be confirmed. */
interface Explored {
  /** Highest load that passed, below `hi`. */
  lo: number | undefined
  /** Lowest load that did not. */
  hi: number | undefined
  /** What is above: a load that failed, what the generator cannot do, or what no run could be made at. */
  hiIs: 'fail' | 'generator' | 'fault'
}

/** The next step of a search, or its end. */
export function nextMove(given: SearchSettings, steps: readonly CapacityStep[], clock: Clock): Move {
  const { unit, mostLoad } = given
  const settings = { ...given, mostLoad: mostLoad === null ? null : floorLoad(mostLoad, unit) }
  const searching = steps.filter(({ phase }) => isSearchPhase(phase))
  const last = searching.at(-1)
  const levels = levelsOf(searching, settings.objectives)
  const explored = exploredOf(levels, settings)
  if (last !== undefined && isWorthAnother(searching)) {
    // The repeats that what passed deserves come first.
    if (clock.secondsLeft >= clock.secondsPerStep * (reservedSteps(levels, explored) + 1))
      return { kind: 'step', phase: last.phase as SearchPhase, load: last.load }
  } else if (last?.outcome === 'fault' && (explored.lo === undefined || !isExploring(last))) {
    return { kind: 'end', why: 'faults', open: [...last.reasons] }
  }
  const move =
    explore(settings, levels, explored, clock, last?.load) ?? confirm(settings, levels, explored, clock)
  if (move.kind === 'step' || move.why !== 'faults') return move
  return { ...move, open: searching.findLast(({ outcome }) => outcome === 'fault')?.reasons ?? [] }
}

/** Highest load that repeats confirmed below the lowest that they refuted, and that one. */
export function bracketEnds(levels: readonly Level[]): {
  verified: Level | undefined
  refuted: Level | undefined
} {
  const refuted = levels.find(({ verdict }) => verdict === 'fail')
  const verified = levels.findLast(
    ({ verdict, load }) => verdict === 'pass' && (refuted === undefined || load < refuted.load),
  )
  return { verified, refuted }
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
/** Levels below a pass that repeats may leave unconfirmed before it is taken for luck. */
const MOST_UNCONFIRMED = 3

function isSearchPhase(phase: StepPhase): phase is SearchPhase {
  return phase !== 'soak' && phase !== 'overload' && phase !== 'recover'
}

function isExploring({ phase }: CapacityStep): boolean {
  return phase === 'ramp' || phase === 'bisect'
}

/** Whether the last step, a run that could not be made, is made once more; the second time it is taken for a bound. */
function isWorthAnother(searching: readonly CapacityStep[]): boolean {
  const [before, last] = searching.slice(-2)
  return searching.at(-1)?.outcome === 'fault' && (before?.outcome !== 'fault' || before.load !== last?.load)
}

/** Nothing is known of the load but that the generator was unfit there, once: a bound for the time being. */
function isUntold({ explored, unfitSingles, isBeyond }: Level): boolean {
  return explored === undefined && unfitSingles > 0 && isBeyond === undefined
}

/** Steps that are kept for repeats: a level that passed is worth confirming, one that failed is not worth more. */
function reservedSteps(levels: readonly Level[], { lo, hi, hiIs }: Explored): number {
  if (lo === undefined) return 0
  return LEAST_REPEATS + (hi !== undefined && hiIs === 'fail' ? missing(levelAt(levels, hi)) : 0)
}

/**
 * Single steps say where to look. A single failure is forgotten where repeats at its load or above passed. A single pass is
 * worth a few levels below it; where repeats confirmed none of them it is forgotten too, and looked for again below.
 */
function exploredOf(levels: readonly Level[], { mostLoad, unit }: SearchSettings): Explored {
  const { verified } = bracketEnds(levels)
  const floor = verified?.load ?? 0
  const failed = levels.find(
    (level) =>
      level.load > floor && (level.explored === 'fail' || level.isBeyond !== undefined || isUntold(level)),
  )
  const passed = (under: number | undefined): number | undefined =>
    levels.findLast(
      ({ load, explored }) =>
        (explored === 'pass' || load === verified?.load) && (under === undefined || load < under),
    )?.load
  const lo = passed(failed?.load)
  const unconfirmed = levels.filter(
    ({ load, verdict }) => load > floor && load <= (lo ?? 0) && verdict !== 'open' && verdict !== 'pass',
  )
  const [lowest] = unconfirmed
  if (lowest !== undefined && unconfirmed.length >= MOST_UNCONFIRMED)
    return { lo: passed(lowest.load), hi: lowest.load, hiIs: 'fail' }
  if (failed !== undefined) {
    const hiIs = failed.isBeyond ?? (failed.explored === 'fail' ? 'fail' : 'generator')
    return { lo, hi: failed.load, hiIs }
  }
  // The bound moves a little with every step that holds; what is left of it is not worth one.
  const isAtTop = lo !== undefined && mostLoad !== null && above(lo, unit) > mostLoad
  return { lo, hi: isAtTop ? lo : undefined, hiIs: 'generator' }
}

/** Ramp and bisection; undefined once there is nothing left of them, or no time for more than to confirm. */
function explore(
  { unit, startLoad, mostLoad }: SearchSettings,
  levels: readonly Level[],
  explored: Explored,
  { secondsLeft, secondsPerStep }: Clock,
  lastLoad: number | undefined,
): Move | undefined {
  const { lo, hi } = explored
  const step = (phase: SearchPhase, load: number): Move => ({ kind: 'step', phase, load })
  const capped = (load: number): number => Math.min(load, mostLoad ?? Number.POSITIVE_INFINITY)
  if (secondsLeft < secondsPerStep * (reservedSteps(levels, explored) + 1)) return undefined
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
    const descents = levels.filter(({ load, singles }) => singles > 0 && load < startLoad).length
    return next >= hi || descents >= DESCENTS ? undefined : step('ramp', next)
  }
  const load = bisected(levels, { lo, hi, hiIs: explored.hiIs }, unit, lastLoad)
  return load === undefined ? undefined : step('bisect', load)
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
  // Latencies far below their limits do not leap beyond them within a step of the ramp, but a machine has its moments.
  const isDoubted = top.singles === 1 && levelAt(levels, lo).isEasy && hi / lo <= DOUBT_RATIO
  if (hiIs === 'fail' && isDoubted) return hi
  return isNarrow ? undefined : middle
}

/** Repeats at the highest load that passed and the lowest that did not, by turns, and at their neighbours. */
function confirm(
  settings: SearchSettings,
  levels: readonly Level[],
  explored: Explored,
  { secondsLeft, secondsPerStep }: Clock,
): Move {
  const { unit } = settings
  const { verified, refuted } = bracketEnds(levels)
  const best = candidateToVerify(levels, explored, unit)
  const toVerify = verified === undefined ? withinReach(best, levels, secondsLeft / secondsPerStep) : best
  const floor = verified?.load ?? toVerify?.load ?? explored.lo
  const toRefute = candidateToRefute(settings, levels, explored, floor)
  if (toVerify === undefined && (toRefute === undefined || toRefute === 'beyond')) {
    if (toRefute === 'beyond')
      return { kind: 'end', why: explored.hiIs === 'fault' ? 'faults' : 'generator-limited', open: [] }
    if (refuted === undefined)
      return { kind: 'end', why: 'budget', open: ['no load was found that does not hold'] }
    if (verified !== undefined) return { kind: 'end', why: 'found', open: [] }
    // A load that held once and could not be measured again is none that does not hold.
    const isUnconfirmed = levels.some(
      ({ load, explored: single }) => load < refuted.load && single === 'pass',
    )
    return { kind: 'end', why: isUnconfirmed ? 'generator-limited' : 'unmet', open: [] }
  }
  const upper = toRefute === 'beyond' ? undefined : toRefute
  if (secondsLeft < secondsPerStep)
    return { kind: 'end', why: 'budget', open: openWords(unit, toVerify, upper) }
  const wanted = (toVerify === undefined ? 0 : missing(toVerify)) + (upper === undefined ? 0 : missing(upper))
  const isShort = secondsLeft < secondsPerStep * wanted
  const chosen = chooseTurn(toVerify, upper, isShort)
  return { kind: 'step', phase: chosen === toVerify ? 'verify' : 'refute', load: chosen.load }
}

/** Turns change: who had fewer repeats goes first, and of equals the lower one every second time. */
function chooseTurn(lower: Level | undefined, upper: Level | undefined, isShort: boolean): Level {
  if (upper === undefined) return lower as Level
  if (lower === undefined) return upper
  // A verified load alone says something; a refuted one alone says little.
  if (isShort) return lower
  const [few, many] = [lower.repeats.length, upper.repeats.length]
  if (few !== many) return few < many ? lower : upper
  return few % 2 === 0 ? lower : upper
}

/** The load to confirm: from the highest that passed downwards, past those that repeats did not confirm. */
function candidateToVerify(levels: readonly Level[], { lo }: Explored, unit: LoadUnit): Level | undefined {
  const { verified } = bracketEnds(levels)
  let load = lo
  while (load !== undefined && load > (verified?.load ?? 0)) {
    const level = levelAt(levels, load)
    if (level.verdict === 'open' && level.canPass) return level
    load = below(load, unit)
  }
  return undefined
}

/** Where time is too short for the repeats of the load to confirm: the highest below it that can still have all of its own. */
function withinReach(
  best: Level | undefined,
  levels: readonly Level[],
  stepsLeft: number,
): Level | undefined {
  if (best === undefined || missing(best) <= stepsLeft) return best
  const isWithin = (level: Level): boolean =>
    level.load < best.load && level.verdict === 'open' && level.canPass && missing(level) <= stepsLeft
  return levels.findLast((level) => level.explored === 'pass' && isWithin(level)) ?? best
}

/**
 * The load to refute: upwards from the lowest that failed. Where the generator cannot tell, the next one above that failed
 * beyond doubt; `beyond` where there is none.
 */
function candidateToRefute(
  { unit, mostLoad }: SearchSettings,
  levels: readonly Level[],
  { lo, hi, hiIs }: Explored,
  floor: number | undefined,
): Level | 'beyond' | undefined {
  const { refuted } = bracketEnds(levels)
  if (refuted !== undefined) return undefined
  if (hi === undefined) return undefined
  const clearFailure = (over: number): Level | 'beyond' =>
    levels.find(({ load, explored, verdict }) => load > over && explored === 'fail' && verdict === 'open') ??
    'beyond'
  const top = levelAt(levels, hi)
  if (hiIs !== 'fail') return isUntold(top) ? top : clearFailure(hi)
  let load = Math.max(hi, floor === undefined || lo === undefined ? hi : above(floor, unit))
  for (;;) {
    if (mostLoad !== null && load > mostLoad && load > hi) return 'beyond'
    const level = levelAt(levels, load)
    if (level.verdict === 'impossible' || level.isBeyond !== undefined) return clearFailure(load)
    if (level.verdict === 'open') return level
    load = above(load, unit)
  }
}

function missing({ runs }: Level): number {
  return Math.max(1, LEAST_REPEATS - runs)
}

function openWords(unit: LoadUnit, lower: Level | undefined, upper: Level | undefined): string[] {
  const what = unit === 'users' ? 'users' : 'arrivals/s'
  const say = (verb: string, { load, runs }: Level): string =>
    runs < LEAST_REPEATS
      ? `${load.toLocaleString('en-US')} ${what} were not ${verb}: ${runs} of at least ${LEAST_REPEATS} repeats were made`
      : `${load.toLocaleString('en-US')} ${what} were not ${verb}: ${runs} repeats did not decide`
  return [
    ...(lower === undefined ? [] : [say('verified', lower)]),
    ...(upper === undefined ? [] : [say('refuted', upper)]),
  ]
}
