import type { TrendChange, TrendMetric, TrendPoint, TrendSeries } from '../measure/trend.ts'
import { changePoints, FEWEST_A_SIDE } from '../statistics/change-points.ts'
import { noiseBand } from '../statistics/noise-band.ts'
import { median } from '../statistics/spread.ts'
import type { IndexLine } from './index-line.ts'
import { environmentText, machineOf } from './machine.ts'
import { isAbout, type Note } from './note.ts'

/**
 * The series of all lines: one a scenario, plan, kind of machine and metric, those of one plan beside each other and the
 * one with the newest run first. A point is the median of a commit's runs in one environment, of one version of a broker;
 * a run without a commit is one of its own. Changes are looked for on logarithms, among the points of each environment.
 */
export function seriesOf(
  lines: readonly IndexLine[],
  notes: readonly Note[],
  metrics: readonly TrendMetric[],
): TrendSeries[] {
  const groups = new Map<string, Counted[]>()
  for (const line of lines.filter(isCounted).toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1))) {
    const key = JSON.stringify([line.kind, line.scenario, line.planHash, machineOf(line.environment)])
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  const newest = (group: readonly Counted[]): string => group.at(-1)?.startedAt ?? ''
  return [...groups.values()]
    .toSorted((a, b) => (newest(a) < newest(b) ? 1 : -1))
    .flatMap((group) => metrics.flatMap((metric) => seriesOfMetric(group, notes, metric)))
}

// --- internal ---

type Counted = IndexLine & { environment: NonNullable<IndexLine['environment']> }

function isCounted(line: IndexLine): line is Counted {
  return line.environment !== null && line.leftOut === null
}

function seriesOfMetric(
  group: readonly Counted[],
  notes: readonly Note[],
  metric: TrendMetric,
): TrendSeries[] {
  const points = pointsOf(group, notes, metric.id)
  const [first] = group
  if (first === undefined || points.length === 0) return []
  return [
    {
      scenario: first.scenario,
      planHash: first.planHash,
      users: first.users,
      machine: machineOf(first.environment),
      metric,
      points,
      changes: changesOf(points, metric.isWorseWhenHigher),
      band: bandOf(points.filter(({ environment }) => environment === points.at(-1)?.environment)),
    },
  ]
}

function pointsOf(group: readonly Counted[], notes: readonly Note[], id: string): TrendPoint[] {
  const runs = new Map<string, Counted[]>()
  for (const line of group) {
    // What is not above 0 has no logarithm, and no metric of a run that worked is.
    if (!((line.figures[id] ?? 0) > 0)) continue
    const { environment } = line
    // Another version of a broker at one commit is another thing that was measured.
    const whose = line.commit ?? `run ${line.directory}`
    const key = JSON.stringify([whose, environmentText(environment), environment.target.broker])
    runs.set(key, [...(runs.get(key) ?? []), line])
  }
  return [...runs.values()].map((of) => {
    const [first] = of as [Counted]
    const directories = of.map(({ directory }) => directory)
    const about = notes.filter((note) => isAbout(note, first.commit, directories))
    return {
      at: first.startedAt,
      commit: first.commit,
      ...valueOf(of, id),
      runs: of.length,
      directories,
      page: null,
      environment: environmentText(first.environment),
      note: about.length === 0 ? null : about.map(({ text }) => text).join(' · '),
    }
  })
}

/** The median; it is at least that if it would grow with its censored figures. */
function valueOf(runs: readonly Counted[], id: string): Pick<TrendPoint, 'value' | 'isAtLeast'> {
  const value = median(runs.map(({ figures }) => figures[id] as number))
  const most = median(
    runs.map(({ figures, atLeast }) =>
      atLeast.includes(id) ? Number.POSITIVE_INFINITY : (figures[id] as number),
    ),
  )
  return { value, isAtLeast: most > value }
}

/** The changes within each environment, wherever others lie between its points, in the order of the series. */
function changesOf(points: readonly TrendPoint[], isWorseWhenHigher: boolean): TrendChange[] {
  const places = Map.groupBy(points.keys(), (place) => points[place]?.environment)
  return [...places.values()]
    .flatMap((within) => changesWithin(points, within, isWorseWhenHigher))
    .toSorted((a, b) => a.at - b.at)
}

/** `within` are the places of one environment's points. */
function changesWithin(
  points: readonly TrendPoint[],
  within: readonly number[],
  isWorseWhenHigher: boolean,
): TrendChange[] {
  const of = within.map((place) => points[place] as TrendPoint)
  const found = changePoints(of.map(({ value }) => Math.log(value)))
  const known = acknowledged(
    of,
    found.map(({ at }) => at),
  )
  return found.map(({ at, change, pValue }) => ({
    at: within[at] as number,
    change: isWorseWhenHigher ? change : -change,
    pValue,
    verdict: change > 0 === isWorseWhenHigher ? 'worse' : 'better',
    isAcknowledged: known.has(at),
  }))
}

/**
 * The changes that notes are about: each that of the nearest one, no farther from it than the shortest level is long. A change is
 * found some points beside where it is, and moves as points are added.
 */
function acknowledged(of: readonly TrendPoint[], changes: readonly number[]): Set<number> {
  const known = new Set<number>()
  of.forEach(({ note }, place) => {
    if (note === null) return
    const away = (at: number): number => Math.abs(at - place)
    const [nearest] = changes.filter((at) => away(at) <= FEWEST_A_SIDE).toSorted((a, b) => away(a) - away(b))
    if (nearest !== undefined) known.add(nearest)
  })
  return known
}

function bandOf(points: readonly TrendPoint[]): TrendSeries['band'] {
  const band = noiseBand(points.map(({ value }) => Math.log(value)))
  return band === null ? null : { lo: Math.exp(band.lo), hi: Math.exp(band.hi), mean: Math.exp(band.mean) }
}
