import type { Scenario, ScenarioActivity } from './scenario.ts'
import type { Workload } from './workload.ts'

type Planned = Pick<Scenario, 'users' | 'activities' | 'durationMs'>

/** When the first activity begins, ms after the start; 0 for scenarios in which users only connect and listen. */
export function activeFromMs({ activities }: { activities: readonly ScenarioActivity[] }): number {
  return activities.length === 0 ? 0 : Math.min(...activities.map(({ workload }) => workload.startMs))
}

/** From when on latencies and the generator's health count, ms after the start: the warm-up is over. */
export function measuredFromMs(scenario: {
  activities: readonly ScenarioActivity[]
  warmUpMs: number
}): number {
  return activeFromMs(scenario) + scenario.warmUpMs
}

/**
 * The longest span in which the plan keeps the number of users and the pace of every activity as they are, and something
 * is done: ms after the start. Undefined when the plan has none.
 */
export function steadyStretch({
  users,
  activities,
  durationMs,
}: Planned): { fromMs: number; toMs: number } | undefined {
  const workloads = [users, ...activities.map(({ workload }) => workload)]
  const borders = [...new Set([0, durationMs, ...workloads.flatMap(bordersOf)])]
    .filter((atMs) => atMs >= 0 && atMs <= durationMs)
    .toSorted((a, b) => a - b)
  let longest: { fromMs: number; toMs: number } | undefined
  let current: { fromMs: number; levels: string } | undefined
  for (const [i, toMs] of borders.slice(1).entries()) {
    const fromMs = borders[i] as number
    const levels = workloads.map((workload) => levelBetween(workload, fromMs, toMs))
    if (levels.includes(undefined) || !levels.slice(1).some((level) => (level ?? 0) > 0)) {
      current = undefined
      continue
    }
    // Borders of one workload cut the others' stages: equal neighbours are one stretch.
    if (current?.levels !== levels.join()) current = { fromMs, levels: levels.join() }
    if (longest === undefined || toMs - current.fromMs > longest.toMs - longest.fromMs) {
      longest = { fromMs: current.fromMs, toMs }
    }
  }
  return longest
}

// --- internal ---

function startOf(workload: Workload): number {
  return 'startVus' in workload ? workload.startVus : workload.startRate
}

function bordersOf({ startMs, stages }: Workload): number[] {
  const borders = [startMs]
  for (const { durationMs } of stages) borders.push((borders.at(-1) as number) + durationMs)
  return borders
}

/** The workload's pace in a span that no border cuts; undefined while it changes. */
function levelBetween(workload: Workload, fromMs: number, toMs: number): number | undefined {
  let level = startOf(workload)
  let atMs = workload.startMs
  for (const { durationMs, target } of workload.stages) {
    if (fromMs >= atMs && toMs <= atMs + durationMs) return level === target ? level : undefined
    atMs += durationMs
    level = target
  }
  return 0
}
