import type { CapacityStep, ResourceLimit, ResourceUse } from '../measure/capacity.ts'
import { mean } from '../statistics/spread.ts'

/**
 * What had run out at the lowest load that did not hold, in the steps that failed there: of everything that was watched the share
 * that was highest, if it was high. One thread of a process counts as much as all cores, for most servers have one that everything passes. The
 * machine counts only where no process alone explains it. Null where nothing was near its limit.
 */
export function limitOf(steps: readonly CapacityStep[], load: number | null): ResourceLimit | null {
  const failed = steps.filter(
    (step) => step.load === load && step.resources.length > 0 && step.outcome === 'fail',
  )
  if (failed.length === 0) return null
  const shares = new Map<string, number[]>()
  for (const use of failed.flatMap(({ resources }) => resources)) {
    for (const [resource, share] of sharesOf(use)) {
      shares.set(resource, [...(shares.get(resource) ?? []), share])
    }
  }
  const means = [...shares].map(([resource, values]) => ({ resource, share: mean(values) }))
  const near = means.filter(({ share }) => share >= NEAR).toSorted((a, b) => b.share - a.share)
  const limit = near.find(({ resource }) => !resource.startsWith('machine')) ?? near[0]
  if (limit === undefined) return null
  const share = Math.min(1, limit.share)
  const says = limit.resource === 'machine CPU' ? ` (${whoUsedIt(failed)})` : ''
  return { resource: limit.resource, share, says: `${limit.resource} ${Math.round(share * 100)} %${says}` }
}

// --- internal ---

/** Waiting grows without bound well before 100 %. */
const NEAR = 0.85

function sharesOf({ name, cpuCores, cores, shares }: ResourceUse): [resource: string, share: number][] {
  return [
    ...(cores > 0 ? [[`${name} CPU`, cpuCores / cores] as [string, number]] : []),
    ...Object.entries(shares).map(([of, share]): [string, number] => [
      of === 'busiest thread' ? `${name} CPU (one thread)` : `${name} ${of}`,
      share,
    ]),
  ]
}

function whoUsedIt(steps: readonly CapacityStep[]): string {
  const uses = new Map<string, number[]>()
  for (const { name, cpuCores } of steps.flatMap(({ resources }) => resources)) {
    if (name !== 'machine') uses.set(name, [...(uses.get(name) ?? []), cpuCores])
  }
  const cores = steps[0]?.resources.find(({ name }) => name === 'machine')?.cores ?? 0
  const parts = [...uses].map(([name, values]) => `${name} ${mean(values).toFixed(1)}`)
  return `${parts.join(', ')} of ${cores} cores`
}
