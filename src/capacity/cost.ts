import type { CapacityCost, CapacityStep, ResourceUse } from '../measure/capacity.ts'
import { mean, median } from '../statistics/spread.ts'

/** What a step's processes used while users were connected and nothing was asked of them. */
export interface IdleUse {
  users: number
  resources: ResourceUse[]
}

/**
 * What the target costs, by the steps that passed: generator and machine are no part of it. `idle` are the quiet parts of
 * steps. Medians over steps, so that one that was disturbed does not count.
 */
export function costOf(steps: readonly CapacityStep[], idle: readonly IdleUse[]): CapacityCost {
  const passed = steps.filter(({ outcome }) => outcome === 'pass')
  const perDeliveries = passed.flatMap(({ resources, achieved }) => {
    const cores = targetCores(resources)
    return cores === null || achieved.deliveriesPerSecond <= 0
      ? []
      : [(cores / achieved.deliveriesPerSecond) * 1_000]
  })
  const perIdle = idle.flatMap(({ users, resources }) => {
    const cores = targetCores(resources)
    return cores === null || users <= 0 ? [] : [(cores / users) * 1_000]
  })
  return {
    cpuSecondsPer1000Deliveries: medianOf(perDeliveries),
    cpuCoresPer1000IdleUsers: medianOf(perIdle),
    memoryBytesPer1000Users: memoryPer1000(passed),
  }
}

// --- internal ---

const NOT_TARGET: ReadonlySet<string> = new Set(['generator', 'machine'])

function targetUse(resources: readonly ResourceUse[]): ResourceUse[] {
  return resources.filter(({ name }) => !NOT_TARGET.has(name))
}

function targetCores(resources: readonly ResourceUse[]): number | null {
  const target = targetUse(resources).filter(({ cores }) => cores > 0)
  return target.length === 0 ? null : target.reduce((sum, { cpuCores }) => sum + cpuCores, 0)
}

/** The slope of the target's memory over its users, by least squares; null where users did not differ or it does not rise. */
function memoryPer1000(steps: readonly CapacityStep[]): number | null {
  const points = steps.flatMap(({ users, resources }) => {
    const target = targetUse(resources)
    if (target.length === 0 || target.some(({ memoryBytes }) => memoryBytes === null)) return []
    return [{ x: users, y: target.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0) }]
  })
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
