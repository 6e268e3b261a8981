import type { CapacityStep } from '../measure/capacity.ts'
import { judgeLevel, type LevelVerdict } from './level.ts'
import type { Objective } from './objective.ts'

/** Everything that was found out at one load. */
export interface Level {
  load: number
  /**
   * What the last single step of ramp or bisection said. A failure is a pass where repeats say so, two or more with one voice; where
   * the generator was unfit in all single steps it is what repeats say, if any. Undefined without a single step, or where nothing
   * said anything.
   */
  explored: 'pass' | 'fail' | undefined
  /** Single steps that were made, whatever they said. */
  singles: number
  /** Of these, how often the generator was unfit. */
  unfitSingles: number
  /** Repeats of verification and refutation that said something. */
  repeats: CapacityStep[]
  /** That step passed with every latency at a quarter of its limit or less. */
  isEasy: boolean
  /** As the repeats have it; `impossible` where the generator was unfit too often. */
  verdict: LevelVerdict['verdict'] | 'impossible'
  canPass: boolean
  /** Runs that the verdict rests on. */
  runs: number
  /** No attempt said anything: at two or more the generator was unfit, or no run could be made. */
  isBeyond: 'generator' | 'fault' | undefined
}

/** The loads that were tried, in rising order. */
export function levelsOf(steps: readonly CapacityStep[], objectives: readonly Objective[]): Level[] {
  const byLoad = Map.groupBy(
    steps.filter(({ phase }) => SEARCHING.has(phase)),
    ({ load }) => load,
  )
  const repeatsNear = (load: number): CapacityStep[][] =>
    [...byLoad]
      .filter(([other]) => Math.max(other / load, load / other) <= NEAR)
      .map(([, all]) => repeatsOf(all))
  return [...byLoad]
    .map(([load, all]) => levelOf(load, all, objectives, repeatsNear(load)))
    .toSorted((a, b) => a.load - b.load)
}

/** The level at a load; one of which nothing is known where it was not tried. */
export function levelAt(levels: readonly Level[], load: number): Level {
  return levels.find((level) => level.load === load) ?? levelOf(load, [], [], [])
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

const SEARCHING: ReadonlySet<CapacityStep['phase']> = new Set(['ramp', 'bisect', 'verify', 'refute'])
const CONFIRMING: ReadonlySet<CapacityStep['phase']> = new Set(['verify', 'refute'])
const FEWEST_VOTES = 2
/** So many more unfit attempts than repeats, and a level is given up. */
const MOST_UNFIT = 2
const MOST_FAULTS = 2
/** Levels scatter alike that lie no further apart than the ends of a bisection. */
const NEAR = 1.09

function repeatsOf(steps: readonly CapacityStep[]): CapacityStep[] {
  return steps.filter(
    ({ phase, outcome }) => CONFIRMING.has(phase) && (outcome === 'pass' || outcome === 'fail'),
  )
}

function levelOf(
  load: number,
  steps: readonly CapacityStep[],
  objectives: readonly Objective[],
  neighbours: readonly (readonly CapacityStep[])[],
): Level {
  const telling = steps.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail')
  const unfit = steps.filter(({ outcome }) => outcome === 'generator').length
  const repeats = repeatsOf(steps)
  const singles = telling.filter(({ phase }) => !CONFIRMING.has(phase))
  const isOutvoted = repeats.length >= FEWEST_VOTES && repeats.every(({ outcome }) => outcome === 'pass')
  const tries = steps.filter(({ phase }) => !CONFIRMING.has(phase))
  const alone = singles.at(-1) ?? repeats.find(({ outcome }) => outcome === 'fail')
  const single = tries.length === 0 ? undefined : isOutvoted ? repeats.at(-1) : alone
  const explored = single?.outcome
  const judged = judgeLevel(repeats, objectives, neighbours, singles)
  const faults = steps.filter(({ outcome }) => outcome === 'fault').length
  const isBeyond = unfit >= MOST_UNFIT ? 'generator' : faults >= MOST_FAULTS ? 'fault' : undefined
  const isGivenUp = judged.verdict === 'open' && unfit >= repeats.length + MOST_UNFIT
  return {
    load,
    explored: explored === 'pass' || explored === 'fail' ? explored : undefined,
    singles: tries.length,
    unfitSingles: tries.filter(({ outcome }) => outcome === 'generator').length,
    isEasy: explored === 'pass' && isFarBelow(single, objectives),
    repeats,
    verdict: isGivenUp ? 'impossible' : judged.verdict,
    canPass: judged.canPass && !isGivenUp,
    runs: judged.runs,
    isBeyond: telling.length === 0 ? isBeyond : undefined,
  }
}

const FAR_BELOW = 0.25

function isFarBelow(step: CapacityStep | undefined, objectives: readonly Objective[]): boolean {
  const latencies = step?.objectives.filter((_, i) => objectives[i]?.isLatency === true) ?? []
  return (
    latencies.length > 0 &&
    latencies.every(({ observed, limit }) => observed !== null && observed <= limit * FAR_BELOW)
  )
}
