import type { LoadUnit } from '../measure/capacity.ts'
import { type Explored, isUntold } from './explored.ts'
import { LEAST_REPEATS, MOST_REPEATS } from './level.ts'
import { bracketEnds, type Level, levelAt } from './levels.ts'
import { above, below, between, loadWords } from './loads.ts'
import type { Move, SearchSettings } from './move.ts'
import { missing, type Time } from './time.ts'

/** Repeats at the highest load that passed and the lowest that did not, by turns, and at their neighbours. */
export function confirm(
  settings: SearchSettings,
  levels: readonly Level[],
  explored: Explored,
  { stepsLeft, spare }: Time,
): Move {
  const { unit } = settings
  const { verified, refuted } = bracketEnds(levels)
  const isTight = stepsLeft < 2 * LEAST_REPEATS + spare
  const best = candidateToVerify(levels, explored, unit, isTight)
  const toVerify = verified === undefined ? withinReach(best, levels, stepsLeft) : best
  const floor = verified?.load ?? toVerify?.load ?? explored.lo
  const toRefute = candidateToRefute(settings, levels, explored, floor)
  if (toVerify === undefined && (toRefute === undefined || toRefute === 'beyond')) {
    if (toRefute === 'beyond')
      return { kind: 'end', why: explored.hiIs === 'fault' ? 'faults' : 'generator-limited', open: [] }
    if (refuted === undefined)
      return { kind: 'end', why: 'budget', open: ['no load was found that does not hold'] }
    if (verified !== undefined) return { kind: 'end', why: 'found', open: [] }
    const isUnmeasured = levels.some(({ load, verdict }) => load < refuted.load && verdict === 'impossible')
    return { kind: 'end', why: isUnmeasured ? 'generator-limited' : 'unmet', open: [] }
  }
  const upper = toRefute === 'beyond' ? undefined : toRefute
  if (stepsLeft < 1) return { kind: 'end', why: 'budget', open: openWords(unit, toVerify, upper) }
  const wanted = (toVerify === undefined ? 0 : missing(toVerify)) + (upper === undefined ? 0 : missing(upper))
  // A verified load alone says something; a refuted one alone says little.
  const first = verified === undefined ? toVerify : upper
  const chosen = (stepsLeft < wanted + spare ? first : undefined) ?? turnOf(toVerify, upper)
  return { kind: 'step', phase: chosen === toVerify ? 'verify' : 'refute', load: chosen.load }
}

// --- internal ---

/** So close together two loads need no step between them where time is tight. */
const STRIDE_RATIO = 1.3

/** Turns change: who had fewer repeats goes first, and of equals the lower one every second time. */
function turnOf(lower: Level | undefined, upper: Level | undefined): Level {
  if (upper === undefined) return lower as Level
  if (lower === undefined) return upper
  const [few, many] = [lower.repeats.length, upper.repeats.length]
  if (few !== many) return few < many ? lower : upper
  return few % 2 === 0 ? lower : upper
}

/**
 * The load to confirm: from the highest that passed downwards, past those that repeats did not confirm; where time is tight from one
 * that passed to the next, which is a larger step and has a step to show for it.
 */
function candidateToVerify(
  levels: readonly Level[],
  { lo }: Explored,
  unit: LoadUnit,
  isTight: boolean,
): Level | undefined {
  const { verified } = bracketEnds(levels)
  const least = verified === undefined ? 0 : verified.load
  const stride = (load: number): number | undefined => {
    const passed = levels.findLast((level) => level.load < load && level.explored === 'pass')?.load
    return passed === undefined || load / passed <= STRIDE_RATIO ? passed : between(passed, load, unit)
  }
  let load = lo
  while (load !== undefined && load > least) {
    const level = levelAt(levels, load)
    if (level.verdict === 'open' && level.canPass) return level
    load = (isTight ? stride(load) : undefined) ?? below(load, unit)
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

function openWords(unit: LoadUnit, lower: Level | undefined, upper: Level | undefined): string[] {
  const say = (verb: string, { load, repeats: { length } }: Level): string => {
    const repeats =
      length < LEAST_REPEATS
        ? `${length} of ${LEAST_REPEATS} to ${MOST_REPEATS} repeats were made`
        : `${length} repeats did not decide`
    return `${loadWords(load, unit)} were not ${verb}: ${repeats}`
  }
  return [
    ...(lower === undefined ? [] : [say('verified', lower)]),
    ...(upper === undefined ? [] : [say('refuted', upper)]),
  ]
}
