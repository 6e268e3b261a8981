import { type Level, bracketEnds } from './levels.ts'
import { above } from './loads.ts'
import type { SearchSettings } from './move.ts'

/** What the steps of ramp and bisection leave to be confirmed. */
export interface Explored {
  /** Highest load that passed, below `hi`. */
  lo: number | undefined
  /** Lowest load that did not. */
  hi: number | undefined
  /** What is above: a load that failed, what the generator cannot do, or what no run could be made at. */
  hiIs: 'fail' | 'generator' | 'fault'
}

/**
 * Single steps say where to look. A single failure is forgotten where repeats at its load or above passed. A single pass is
 * worth a few levels below it; where repeats confirmed none of them it is forgotten too, and looked for again below.
 */
export function exploredOf(levels: readonly Level[], { mostLoad, unit }: SearchSettings): Explored {
  const { verified } = bracketEnds(levels)
  const floor = verified?.load ?? 0
  const highestPass = levels.findLast(({ explored }) => explored === 'pass')?.load ?? 0
  const isBound = (level: Level): boolean =>
    level.explored === 'fail' || level.isBeyond !== undefined || (isUntold(level) && level.load > highestPass)
  const failed = levels.find((level) => level.load > floor && isBound(level))
  const passed = (under: number | undefined): number | undefined =>
    levels.findLast(
      ({ load, explored }) =>
        (explored === 'pass' || load === verified?.load) && (under === undefined || load < under),
    )?.load
  const lo = passed(failed?.load)
  const unconfirmed = levels.filter(
    (level) => level.load > floor && level.load <= (lo ?? 0) && isUnconfirmed(level),
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

/** Nothing is known of the load but that the generator was unfit there, once: a bound for the time being. */
export function isUntold({ explored, unfitSingles, isBeyond }: Level): boolean {
  return explored === undefined && unfitSingles > 0 && isBeyond === undefined
}

// --- internal ---

/** Repeats have given it up, or one of them broke: it will not pass any more. */
function isUnconfirmed({ verdict, canPass, repeats }: Level): boolean {
  if (verdict === 'open') return !canPass && repeats.some(({ outcome }) => outcome === 'fail')
  return verdict !== 'pass'
}

/** Levels below a pass that repeats may leave unconfirmed before it is taken for luck. */
const MOST_UNCONFIRMED = 3
