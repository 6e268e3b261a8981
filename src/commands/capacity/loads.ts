import type { HardBound } from '../../capacity/ceiling.ts'
import { peakRate } from '../../engine/load.ts'
import { StompedeError } from '../../errors.ts'
import type { LoadUnit } from '../../measure/capacity.ts'
import type { Overrides } from '../../scenario/complete.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { activeFromMs } from '../../scenario/span.ts'
import { endOf } from '../../scenario/workload.ts'
import { machineFindings } from '../run/machine.ts'

/** Arrivals a second that a scenario plans at most, all open activities together. */
export function plannedRate({ activities }: Scenario): number {
  return activities.reduce((sum, { workload }) => sum + peakRate(workload), 0)
}

/** What a scenario does by itself, in the unit of the search. Throws USAGE where it has no rate to scale. */
export function ownLoad(scenario: Scenario, unit: LoadUnit): number {
  if (unit === 'users') return scenario.userCount
  const rate = plannedRate(scenario)
  if (rate > 0) return rate
  throw new StompedeError(
    'USAGE',
    '--unit rate needs a scenario with an open activity: closed ones have no rate',
  )
}

/** What a step changes in the scenario: its load, its length, and how long it takes to settle. */
export function loadOverrides(
  scenario: Scenario,
  unit: LoadUnit,
  { load, lengthMs, isStretched }: { load: number; lengthMs: number; isStretched: boolean },
): Partial<Overrides> {
  const common = {
    mostLeavingMs: MOST_LEAVING_MS,
    ...(isStretched ? { durationMs: lengthMs } : {}),
    settleMs: settleOf(scenario, lengthMs / scenario.durationMs),
  }
  if (unit === 'users') return { ...common, users: load }
  return { ...common, users: scenario.userCount, rateFactor: load / plannedRate(scenario) }
}

/** Deliveries grow with the square of the users where everybody is in one room and each has a pace. */
export function powerOf({ rooms, activities }: Scenario, unit: LoadUnit): 1 | 2 {
  return unit === 'users' && rooms.size === 'all' && activities.some(({ followsUsers }) => followsUsers)
    ? 2
    : 1
}

/**
 * What a step takes beside its length, in seconds: the target’s start and end, the last deliveries, and users who leave.
 */
export function secondsBeside({ users, durationMs }: Scenario, stepMs: number): number {
  const [first] = users.stages
  const comingMs = users.startVus === 0 && users.stages.length > 1 ? (first?.durationMs ?? 0) : 0
  return START_AND_END_S + Math.min(MOST_LEAVING_MS, (comingMs / durationMs) * stepMs) / 1e3
}

/**
 * Most users for whom this machine has descriptors and ports, and the token file tokens (`listed`; undefined: as many as wanted).
 * Undefined in another unit, or where there is no such bound.
 */
export function hardBound(
  unit: LoadUnit,
  addresses: number,
  workers: number,
  listed?: number,
): HardBound | undefined {
  if (unit !== 'users') return undefined
  const machine = machineBound(addresses, workers)
  if (listed === undefined || (machine !== undefined && machine.load <= listed)) return machine
  return { load: listed, what: 'the tokens of the file' }
}

/** How long after activities of this length began latencies do not count yet, in ms: 5 s, or a quarter of them. */
export function settlingMs(activeMs: number): number {
  return Math.min(SETTLE_MS, MOST_SETTLING * activeMs)
}

// --- internal ---

function machineBound(addresses: number, workers: number): HardBound | undefined {
  const lacking = (users: number): string | undefined =>
    machineFindings(users, addresses, workers).find(
      ({ name, state }) => state === 'fault' && (name === 'descriptors' || name === 'ports'),
    )?.name
  if (lacking(MOST_USERS) === undefined) return undefined
  let [enough, tooMany] = [1, MOST_USERS]
  while (tooMany - enough > 1) {
    const users = Math.floor((enough + tooMany) / 2)
    if (lacking(users) === undefined) enough = users
    else tooMany = users
  }
  const what = lacking(tooMany) === 'ports' ? 'local ports' : 'file descriptors'
  return { load: enough, what }
}

const MOST_USERS = 1_000_000
const START_AND_END_S = 5
/** Nothing is measured any more: what a search waits for, it lacks for another step. */
const MOST_LEAVING_MS = 4_000
/** Whatever has to warm up, or to empty after the connects, has had its time by then. */
const SETTLE_MS = 5_000
const MOST_SETTLING = 0.25

/** Of the scenario's activities, stretched so many times. */
function settleOf(scenario: Scenario, stretch: number): number {
  const ends = scenario.activities.map(({ workload }) => Math.min(endOf(workload), scenario.durationMs))
  const activeMs = Math.max(0, ...ends) - activeFromMs(scenario)
  return settlingMs(stretch * Math.max(0, activeMs))
}
