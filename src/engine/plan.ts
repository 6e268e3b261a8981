import { createHash } from 'node:crypto'
import { generator, permutation, random, STREAM } from '../scenario/random.ts'
import type { Scenario, ScenarioActivity } from '../scenario/scenario.ts'
import { arrivalTime, type OpenWorkload } from '../scenario/workload.ts'

/** The members of each planned room, by user index. Room ids are positions + 1. */
export type RoomPlan = readonly Uint32Array[]

/**
 * Who is in which room: for each of a user's `perUser` rooms the users are shuffled once and cut into rooms, so every
 * user is in exactly that many different rooms and every room has its wanted size (the last of a cut may be smaller).
 * Pure: the same scenario and seed give the same rooms. `affine` cuts each worker's users apart, so rooms stay whole.
 */
export function planRooms(scenario: Scenario, workers: number): RoomPlan {
  const { userCount, rooms, seed } = scenario
  const next = generator(seed, STREAM.rooms)
  if (rooms.size === 'all')
    return rooms.perUser === 0 ? [] : [Uint32Array.from({ length: userCount }, (_, u) => u)]
  const classes = rooms.placement === 'affine' ? workers : 1
  const planned: Uint32Array[] = []
  for (let layer = 0; layer < rooms.perUser; layer++) {
    for (let residue = 0; residue < classes; residue++) {
      const count = Math.ceil((userCount - residue) / classes)
      const order = permutation(count, next).map((i) => i * classes + residue)
      let start = 0
      while (start < order.length) {
        const size = roomSize(rooms.size, next)
        planned.push(order.slice(start, start + size))
        start += size
      }
    }
  }
  return planned
}

/** One planned start of an activity. `atMs` counts from the run's start. */
export interface Arrival {
  n: number
  atMs: number
  user: number
  /** Name of the built-in or function to run. */
  exec: string
}

/**
 * The n-th arrival of an open activity, or undefined after the last. A pure function: shard i of k runs the arrivals
 * whose user it has (user ≡ i mod k), so the shards' arrivals add up to exactly those of one, each at the same time
 * with the same user.
 */
export function arrivalOf(
  scenario: Scenario,
  activity: ScenarioActivity,
  ordinal: number,
  n: number,
): Arrival | undefined {
  const atMs = arrivalTime(activity.workload as OpenWorkload, n)
  if (atMs === undefined) return undefined
  return { n, atMs, user: userOf(scenario, ordinal, n), exec: execOf(scenario.seed, activity, ordinal, n) }
}

/** Which of an activity's weighted functions its n-th start runs. */
export function execOf(seed: number, activity: ScenarioActivity, ordinal: number, n: number): string {
  let left = activity.exec.length === 1 ? 0 : random(seed, STREAM.activity + 16 * (ordinal + 1), n)
  for (const { name, share } of activity.exec) {
    left -= share
    if (left < 0) return name
  }
  return (activity.exec.at(-1) as ScenarioActivity['exec'][number]).name
}

/** The rank of a user in a closed activity: ranks below the wanted number of users are active. A permutation. */
export function rankOf(scenario: Scenario, ordinal: number, user: number): number {
  return ranksOf(scenario, ordinal)[user] as number
}

/** Identifies what a run does: two runs compare only when it is equal. */
export function planHash(scenario: Scenario): string {
  const {
    functions,
    source: _source,
    tags: _tags,
    target: _target,
    thresholds: _thresholds,
    ...rest
  } = scenario
  const code = Object.entries(functions).map(([name, run]) => [name, String(run)])
  return createHash('sha256')
    .update(JSON.stringify([rest, code]))
    .digest('hex')
    .slice(0, 16)
}

// --- internal ---

/**
 * The user of arrival n: each round of userCount arrivals visits every user once, beginning elsewhere for each
 * activity, in steps coprime to the number of users. Nobody is asked twice before everybody was asked once.
 */
function userOf({ seed, userCount }: Scenario, ordinal: number, n: number): number {
  const offset = Math.floor(random(seed, STREAM.arrivals, 2 * ordinal) * userCount)
  const step = coprimeStep(userCount, random(seed, STREAM.arrivals, 2 * ordinal + 1))
  return (offset + (n % userCount) * step) % userCount
}

const ranks = new WeakMap<Scenario, Map<number, Uint32Array>>()

/** The inverse of `userOf` over the first round of arrivals, kept per scenario. */
function ranksOf(scenario: Scenario, ordinal: number): Uint32Array {
  let ofScenario = ranks.get(scenario)
  if (ofScenario === undefined) ranks.set(scenario, (ofScenario = new Map()))
  let ofActivity = ofScenario.get(ordinal)
  if (ofActivity === undefined) {
    ofActivity = new Uint32Array(scenario.userCount)
    for (let n = 0; n < scenario.userCount; n++) ofActivity[userOf(scenario, ordinal, n)] = n
    ofScenario.set(ordinal, ofActivity)
  }
  return ofActivity
}

function coprimeStep(count: number, uniform: number): number {
  let step = 1 + Math.floor(uniform * (count - 1))
  while (greatestCommonDivisor(step, count) !== 1) step = (step % count) + 1
  return step
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function roomSize(size: Exclude<Scenario['rooms']['size'], 'all'>, next: () => number): number {
  if (typeof size === 'number') return size
  const { exponent, min, max } = size.zipf
  return zipf(exponent, min, max, next())
}

/** A size s in [min, max] with P(s) ∝ s^-exponent, by inverting the continuous power law. */
function zipf(exponent: number, min: number, max: number, uniform: number): number {
  if (Math.abs(exponent - 1) < 1e-9) return Math.min(max, Math.floor(min * ((max + 1) / min) ** uniform))
  const power = 1 - exponent
  const low = min ** power
  return Math.min(max, Math.floor((low + uniform * ((max + 1) ** power - low)) ** (1 / power)))
}
