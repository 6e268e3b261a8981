import { recoveryObjective } from '../../capacity/aftermath.ts'
import { floorLoad, loadWords, numberWords } from '../../capacity/loads.ts'
import type { Objective } from '../../capacity/objective.ts'
import type { LoadUnit } from '../../measure/capacity.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { activeFromMs } from '../../scenario/span.ts'
import { endOf, peakVus, type Stage } from '../../scenario/workload.ts'
import { settlingMs } from './loads.ts'
import type { StepOrder } from './step.ts'

/** A run to make after a search, without its number. */
export type AfterPlan = Omit<StepOrder, 'number'>

/** What the runs after a search have in common. */
export interface AfterContext {
  /** As it is without a step's load. */
  scenario: Scenario
  unit: LoadUnit
  /** Length of the search's steps: users take as long to come as in one. */
  stepMs: number
}

/**
 * Users come as in a step, and then all activities go on at their highest rate for `soakMs`. Closed activities have no course
 * that could be held: with one of them the whole timeline is stretched until activities take that long.
 */
export function soakPlan(context: AfterContext, verified: number, soakMs: number): AfterPlan {
  const { scenario, unit } = context
  const load = floorLoad(SOAK_SHARE * verified, unit)
  if (!isOpen(scenario)) {
    const lengthMs = (soakMs * scenario.durationMs) / activeMsOf(scenario)
    return { phase: 'soak', load, lengthMs }
  }
  const { ownFromMs, comingMs, fromMs } = arrivalOf(context)
  const stages = stay({ ...context, load }, comingMs, fromMs + soakMs + TAIL_MS)
  const rateCourse = [...silence(fromMs - ownFromMs), { durationMs: soakMs, target: 1 }]
  // The warm-up counts from the activities' own start, when nothing is asked yet.
  const settleMs = fromMs - ownFromMs + settlingMs(soakMs)
  const lengthMs = fromMs + soakMs + TAIL_MS
  return { phase: 'soak', load, lengthMs, more: { stages, rateCourse, settleMs } }
}

/** Users come as in a step, and then listen for 20 s. Its figures are of no search step: nothing is asked of the target. */
export function idlePlan(context: AfterContext, verified: number): AfterPlan {
  const { comingMs } = arrivalOf(context)
  const lengthMs = comingMs + IDLE_MS + TAIL_MS
  const stages = stay({ ...context, load: verified }, comingMs, lengthMs)
  return { phase: 'recover', load: verified, lengthMs, more: { stages, isIdle: true } }
}

/** The run of an overload, by what its recovery is timed, and when the overload is over. */
export interface OverloadPlan {
  plan: AfterPlan
  objective: Objective
  recoverLoad: number
  endsAtMs: number
}

/**
 * One run whose rates fall after a minute, so that the target that was overloaded is the one that recovers. Never more than
 * `mostLoad` (null: no bound is known). In words, why there can be none.
 */
export function overloadPlan(
  context: AfterContext & { objectives: readonly Objective[]; mostLoad: number | null },
  { verified, refuted }: { verified: number; refuted: number | null },
): OverloadPlan | string {
  const { scenario, unit, stepMs, objectives, mostLoad } = context
  const none = (why: string): string => `no overload was made: ${why}`
  if (refuted === null) return none('no load was refuted')
  const objective = recoveryObjective(objectives)
  if (objective === undefined)
    return none('recovery is timed by message_delivery, and no objective is on its latency')
  if (!isOpen(scenario)) return none('closed activities have no rate that could be lowered')
  const load = floorLoad(Math.min(OVERLOAD_FACTOR * refuted, mostLoad ?? Number.POSITIVE_INFINITY), unit)
  if (load <= refuted)
    return none(
      `${loadWords(refuted, unit)} were refuted, and ${numberWords(mostLoad ?? load)} are the most that may be asked for`,
    )
  const recoverLoad = floorLoad(RECOVER_SHARE * verified, unit)
  const { ownFromMs, comingMs, fromMs } = arrivalOf(context)
  const stages = stay({ ...context, load }, comingMs, fromMs + OVERLOAD_MS + RECOVER_MS + TAIL_MS)
  const low = recoverLoad / load
  const rateCourse = [
    ...silence(fromMs - ownFromMs),
    { durationMs: OVERLOAD_MS, target: 1 },
    { durationMs: 0, target: low },
    { durationMs: RECOVER_MS, target: low },
  ]
  const plan: AfterPlan = { phase: 'overload', load, lengthMs: stepMs, more: { stages, rateCourse } }
  return { plan, objective, recoverLoad, endsAtMs: fromMs + OVERLOAD_MS }
}

// --- internal ---

const SOAK_SHARE = 0.8
const OVERLOAD_FACTOR = 1.3
const RECOVER_SHARE = 0.5
const OVERLOAD_MS = 60_000
const RECOVER_MS = 60_000
/** For what was begun last. */
const TAIL_MS = 2_000
const IDLE_MS = 20_000

function isOpen({ activities }: Scenario): boolean {
  return activities.every(({ workload }) => 'startRate' in workload)
}

/** How long users take to come, and from when on there is something to do: as in a step, but no faster than the scenario's own. */
function arrivalOf({ scenario, stepMs }: AfterContext): {
  ownFromMs: number
  comingMs: number
  fromMs: number
} {
  const stretch = Math.max(1, stepMs / scenario.durationMs)
  const ownFromMs = activeFromMs(scenario)
  const comingMs = fullAtMs(scenario) * stretch
  return { ownFromMs, comingMs, fromMs: Math.max(comingMs, ownFromMs * stretch) }
}

/** When everybody has come for the first time. */
function fullAtMs({ users }: Scenario): number {
  const peak = peakVus(users)
  let [atMs, count] = [users.startMs, users.startVus]
  for (const { durationMs, target } of users.stages) {
    if (count >= peak) break
    atMs += durationMs
    count = target
  }
  return atMs
}

/** All users within `comingMs`, and until `endMs`. */
function stay(
  { scenario, unit, load }: AfterContext & { load: number },
  comingMs: number,
  endMs: number,
): Stage[] {
  const target = unit === 'users' ? load : scenario.userCount
  return [
    { durationMs: comingMs, target },
    { durationMs: endMs - comingMs, target },
  ]
}

/** Nothing for so long, and then at once the highest rate. */
function silence(durationMs: number): Stage[] {
  return [
    { durationMs, target: 0 },
    { durationMs: 0, target: 1 },
  ]
}

/** From the first activity's start to the last one's end. */
function activeMsOf(scenario: Scenario): number {
  const { activities, durationMs } = scenario
  const ends = activities.map(({ workload }) => Math.min(endOf(workload), durationMs))
  return Math.max(...ends) - activeFromMs(scenario)
}
