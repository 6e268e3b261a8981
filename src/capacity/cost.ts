import type { CapacityCost, CapacityStep, ResourceUse, StepPhase } from '../measure/capacity.ts'
import { mean, median } from '../statistics/spread.ts'

/** What a step's processes used while users were connected and nothing was asked of them. */
export interface IdleUse {
  users: number
  resources: ResourceUse[]
}

/**
 * What the target costs, by the steps of the search that passed: generator and machine are no part of it, nor are steps that
 * outlast the search or change the target. `idle` are quiet parts of steps. Medians over steps, so that one that was
 * disturbed does not count. Each figure is that of the same processes, all that were seen: what is not known of one of them
 * is not known of the target.
 */
export function costOf(steps: readonly CapacityStep[], idle: readonly IdleUse[]): CapacityCost {
  const passed = steps.filter(({ phase, outcome }) => outcome === 'pass' && SEARCHING.has(phase))
  const processes = [...new Set([...passed, ...idle].flatMap(({ resources }) => targetNames(resources)))]
  const perDeliveries = passed.flatMap(({ resources, achieved }) => {
    const cores = sumOver(processes, resources, coresOf)
    return cores === null || achieved.deliveriesPerSecond <= 0
      ? []
      : [(cores / achieved.deliveriesPerSecond) * 1_000]
  })
  const perIdle = idle.flatMap(({ users, resources }) => {
    const cores = sumOver(processes, resources, coresOf)
    return cores === null || users <= 0 ? [] : [(cores / users) * 1_000]
  })
  return {
    processes,
    cpuSecondsPer1000Deliveries: medianOf(perDeliveries),
    cpuCoresPer1000IdleUsers: medianOf(perIdle),
    memoryBytesPer1000Users: memoryPer1000(
      passed.map(({ users, resources }) => ({ users, bytes: sumOver(processes, resources, memoryOf) })),
    ),
  }
}

// --- internal ---

const SEARCHING: ReadonlySet<StepPhase> = new Set(['ramp', 'bisect', 'verify', 'refute'])
const NOT_TARGET: ReadonlySet<string> = new Set(['generator', 'machine'])

/** What tells neither processor time nor memory, only how near limits are, has no part in a sum. */
function targetNames(resources: readonly ResourceUse[]): string[] {
  return resources
    .filter((use) => !NOT_TARGET.has(use.name) && (coresOf(use) !== null || memoryOf(use) !== null))
    .map(({ name }) => name)
}

/** Null where nothing could see its processor time, as of a broker that only tells of itself. */
function coresOf({ cores, cpuCores }: ResourceUse): number | null {
  return cores > 0 ? cpuCores : null
}

function memoryOf({ memoryBytes }: ResourceUse): number | null {
  return memoryBytes
}

/** Null where one of the processes was not seen, or does not tell. */
function sumOver(
  processes: readonly string[],
  resources: readonly ResourceUse[],
  figure: (use: ResourceUse) => number | null,
): number | null {
  const figures = processes.map((process) => {
    const use = resources.find(({ name }) => name === process)
    return use === undefined ? null : figure(use)
  })
  const known = figures.filter((each) => each !== null)
  return known.length === 0 || known.length < figures.length
    ? null
    : known.reduce((sum, each) => sum + each, 0)
}

/** The slope of the target's memory over its users, by least squares; null where users did not differ or it does not rise. */
function memoryPer1000(steps: readonly { users: number; bytes: number | null }[]): number | null {
  const points = steps.flatMap(({ users, bytes }) => (bytes === null ? [] : [{ x: users, y: bytes }]))
  if (new Set(points.map(({ x }) => x)).size < LEAST_LEVELS) return null
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread
  return slope > 0 ? slope * 1_000 : null
}

const LEAST_LEVELS = 3

function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values)
}
