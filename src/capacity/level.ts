import type { CapacityStep } from '../measure/capacity.ts'
import { deviation, mean } from '../statistics/spread.ts'
import { tQuantile } from '../statistics/student-t.ts'
import type { Objective } from './objective.ts'

/** How repeats at one load stand. */
export interface LevelVerdict {
  /** `open`: more repeats are wanted. `unknown`: so many as there may be neither confirm nor refute it. */
  verdict: 'pass' | 'fail' | 'unknown' | 'open'
  /** Whether further repeats could still make it a pass. */
  canPass: boolean
  /** Runs that it rests on: repeats, and single steps in which something broke that is no matter of degree. */
  runs: number
}

/** Repeats that a level has at least and at most. */
export const LEAST_REPEATS = 3
export const MOST_REPEATS = 5

/**
 * Judges a load by its repeats. For every latency objective: y = ln(observed), h = t(0.95, K − 1) · s / √K; it holds when
 * mean + h ≤ ln(limit) and is broken when mean − h is above it. s is the standard deviation of the repeats, at least 0.01, and
 * at least what it is over the repeats of all `neighbours`, the levels close by (this one among them): three repeats that agree
 * by chance are no proof where those beside them scatter.
 *
 * Everything else has to hold in every run at this load, the `singles` of ramp and bisection included: they chose the load by
 * their latencies and would flatter it, but that messages were lost there is no flattery. It is broken when it fails in more than
 * half of at least three, a repeat among them. A run in which the generator was unfit is none.
 */
export function judgeLevel(
  repeats: readonly CapacityStep[],
  objectives: readonly Objective[],
  neighbours: readonly (readonly CapacityStep[])[] = [repeats],
  singles: readonly CapacityStep[] = [],
): LevelVerdict {
  const count = repeats.length
  const brokenIn = (steps: readonly CapacityStep[]): number =>
    steps.filter((step) => isBrokenOtherwise(step, objectives)).length
  const brokenSingles = brokenIn(singles)
  const broken = brokenSingles + brokenIn(repeats)
  const canPass = broken === 0
  const runs = count + brokenSingles
  const told = (verdict: LevelVerdict['verdict'], isPossible = canPass): LevelVerdict => ({
    verdict,
    canPass: isPossible,
    runs,
  })
  // What more than half of the least number broke, further repeats would not mend.
  if (count > 0 && broken * 2 > Math.max(count + singles.length, LEAST_REPEATS)) return told('fail')
  if (count < LEAST_REPEATS) return told('open')
  // What broke beside its latency tells of a collapse, not of how latencies scatter; it is held against its own load.
  const calm = neighbours.map((each) => each.filter((step) => !isBrokenOtherwise(step, objectives)))
  const bounds = objectives.flatMap(({ isLatency }, i) => (isLatency ? [boundOf(repeats, calm, i)] : []))
  if (bounds.includes('fail')) return told('fail', false)
  if (canPass && bounds.every((bound) => bound === 'pass')) return told('pass')
  return told(count < MOST_REPEATS ? 'open' : 'unknown')
}

/** Whether a run failed by something that is no matter of degree. */
export function isBrokenOtherwise(
  { outcome, objectives: rows, isBrokenBeside }: CapacityStep,
  objectives: readonly Objective[],
): boolean {
  if (outcome !== 'fail') return false
  const broken = rows.flatMap(({ status }, i) =>
    status === 'fail' ? [objectives[i]?.isLatency === true] : [],
  )
  return isBrokenBeside || !broken.includes(true) || broken.includes(false)
}

// --- internal ---

const CONFIDENCE = 0.95
/** Three repeats that agree by chance must not claim a certainty that no machine has: 1 %. */
const LEAST_SPREAD = 0.01

/** A level whose latencies are beyond this multiple of the limit says nothing of how they scatter about it. */
const FAR = 2

/** The one-sided bound of one latency objective. */
function boundOf(
  repeats: readonly CapacityStep[],
  neighbours: readonly (readonly CapacityStep[])[],
  objective: number,
): 'pass' | 'fail' | 'unknown' {
  const limit = Math.log(repeats[0]?.objectives[objective]?.limit ?? Number.NaN)
  const logs = logsOf(repeats, objective)
  // Nothing was measured in one of them: that is for its outcome to say.
  if (logs.length < repeats.length) return 'unknown'
  const centre = mean(logs)
  const groups = neighbours
    .map((each) => logsOf(each, objective))
    .filter((each) => mean(each) < limit + Math.log(FAR))
  const spread = Math.max(deviation(logs), pooledDeviation(groups), LEAST_SPREAD)
  const half = (tQuantile(CONFIDENCE, logs.length - 1) * spread) / Math.sqrt(logs.length)
  if (centre + half <= limit) return 'pass'
  return centre - half > limit ? 'fail' : 'unknown'
}

function logsOf(repeats: readonly CapacityStep[], objective: number): number[] {
  return repeats
    .map((step) => Math.log(step.objectives[objective]?.observed ?? Number.NaN))
    .filter((log) => log > Number.NEGATIVE_INFINITY)
}

/** The standard deviation within groups; 0 where none has two values. */
function pooledDeviation(groups: readonly (readonly number[])[]): number {
  const told = groups.filter((group) => group.length > 1)
  const freedom = told.reduce((sum, group) => sum + group.length - 1, 0)
  const squares = told.reduce((sum, group) => sum + deviation(group) ** 2 * (group.length - 1), 0)
  return freedom === 0 ? 0 : Math.sqrt(squares / freedom)
}
