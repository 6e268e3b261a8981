import {
  type Calibration,
  CAPACITY_SCHEMA_NAME,
  CAPACITY_SCHEMA_VERSION,
  type CapacityResult,
  type CapacityStep,
} from '../measure/capacity.ts'
import { crossing } from '../statistics/isotonic.ts'
import { fitScalability } from '../statistics/scalability.ts'
import { bracketOf, type Ending, undecidedOf } from './bracket.ts'
import { costOf, type IdleUse } from './cost.ts'
import { headlineOf, headroomOf, verdictOf } from './headline.ts'
import { limitOf } from './limit.ts'
import type { Objective } from './objective.ts'

/** Everything a search knows when it ends. */
export interface SearchEvidence {
  run: Pick<CapacityResult['run'], 'id' | 'startedAt' | 'endedAt' | 'durationSeconds' | 'tags' | 'command'>
  plan: CapacityResult['plan']
  environment: CapacityResult['environment']
  calibration: Calibration | null
  steps: readonly CapacityStep[]
  objectives: readonly Objective[]
  idle: readonly IdleUse[]
  ending: Ending
  /** What was left open, in words. */
  open: readonly string[]
  soak: CapacityResult['soak']
  overload: CapacityResult['overload']
  /** Uniform numbers in [0, 1), for the bootstrap. */
  random: () => number
}

/** Puts a search into its one file. */
export function capacityResult(evidence: SearchEvidence): CapacityResult {
  const { run, plan, environment, calibration, steps, objectives, ending } = evidence
  const bracket = bracketOf(steps, objectives, ending)
  const undecided = undecidedOf(bracket, ending, evidence.open)
  const limit = limitOf(steps, bracket.refuted)
  const findings = {
    bracket,
    limit,
    ending,
    unit: plan.unit,
    objectives,
    plannedLoad: plan.plannedLoad,
    undecided,
    soak: evidence.soak,
    overload: evidence.overload,
  }
  const stoppedBy = ending === 'signal' || ending === 'budget' ? ending : 'plan'
  return {
    schema: CAPACITY_SCHEMA_NAME,
    schemaVersion: CAPACITY_SCHEMA_VERSION,
    run: { ...run, kind: 'capacity', isPartial: stoppedBy !== 'plan', stoppedBy },
    plan,
    environment,
    calibration,
    steps: [...steps],
    bracket,
    limit,
    maxThroughput: maxThroughputOf(steps),
    headroom: headroomOf(bracket.verified, plan.plannedLoad),
    cost: costOf(steps, evidence.idle),
    estimate: estimateOf(steps, objectives),
    scalability: fitScalability(throughputs(steps), evidence.random),
    soak: evidence.soak,
    overload: evidence.overload,
    undecided,
    headline: headlineOf(findings),
    verdict: verdictOf(findings),
  }
}

// --- internal ---

/** Steps that say something of the target at one load: not those that outlast or change it. */
function telling(steps: readonly CapacityStep[]): CapacityStep[] {
  return steps.filter(
    ({ phase, outcome }) =>
      ['ramp', 'bisect', 'verify', 'refute'].includes(phase) && (outcome === 'pass' || outcome === 'fail'),
  )
}

function throughputs(steps: readonly CapacityStep[]): { load: number; throughput: number }[] {
  return telling(steps).map(({ load, achieved }) => ({ load, throughput: achieved.deliveriesPerSecond }))
}

function maxThroughputOf(steps: readonly CapacityStep[]): CapacityResult['maxThroughput'] {
  const [best] = telling(steps)
    .filter(({ achieved }) => achieved.lost === 0 && achieved.deliveriesPerSecond > 0)
    .toSorted((a, b) => b.achieved.deliveriesPerSecond - a.achieved.deliveriesPerSecond)
  return best === undefined
    ? null
    : { load: best.load, deliveriesPerSecond: best.achieved.deliveriesPerSecond }
}

function estimateOf(
  steps: readonly CapacityStep[],
  [first]: readonly Objective[],
): CapacityResult['estimate'] {
  if (first?.isLatency !== true) return null
  const points = telling(steps).flatMap(({ load, objectives }) => {
    const observed = objectives[0]?.observed
    return observed === null || observed === undefined ? [] : [{ x: load, y: observed }]
  })
  const load = crossing(points, first.threshold.limit)
  return load === null ? null : { load, method: 'isotonic' }
}
