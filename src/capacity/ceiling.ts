import type { Calibration, CapacityStep, LoadUnit } from '../measure/capacity.ts'
import { floorLoad, loadWords } from './loads.ts'

/** Share of its ceiling up to which a generator is believed. */
const BELIEVED_SHARE = 0.7

/** What bounds the load apart from the processor: descriptors and ports. */
export interface HardBound {
  load: number
  /** For a sentence: `file descriptors`. */
  what: string
}

/**
 * How much the generator can do, by the processor time of its busiest worker at one or two loads against a target that costs
 * nothing: a straight line through them to the limit of a worker; through the origin with one, and through the lightest
 * where that is at its limit already. `power` is 2 where deliveries grow with the square of the load. On small machines
 * that target takes the generator's cores, so that its delays say little; its processor time says the same.
 */
export function calibrationOf(
  points: Calibration['points'],
  {
    unit,
    cpuLimit,
    power,
    bound,
  }: { unit: LoadUnit; cpuLimit: number; power: 1 | 2; bound: HardBound | undefined },
): Calibration {
  const ceiling = ceilingOf(points, cpuLimit, power)
  const byCpu = ceiling === null ? undefined : floorLoad(BELIEVED_SHARE * ceiling, unit)
  const isBound = bound !== undefined && (byCpu === undefined || bound.load < byCpu)
  const mostLoad = isBound ? floorLoad(bound.load, unit) : (byCpu ?? null)
  return { ceiling, mostLoad, says: wordsOf(ceiling, isBound ? bound : undefined, mostLoad, unit), points }
}

/**
 * The calibration with what the search has seen since: a generator that carries much is better known from that than from a line
 * through two light loads, which mostly shows what it costs to be there at all. Only loads that held count: what a target in
 * trouble makes a generator do says little.
 */
export function refinedBy(
  calibration: Calibration,
  steps: readonly CapacityStep[],
  context: Parameters<typeof calibrationOf>[1],
): Calibration {
  const heaviest = steps
    .filter(({ outcome, cpuShare }) => outcome === 'pass' && cpuShare !== null)
    .toSorted((a, b) => b.load - a.load)[0]
  const known = Math.max(0, ...calibration.points.map(({ load }) => load))
  if (heaviest?.cpuShare === undefined || heaviest.cpuShare === null || heaviest.load <= known)
    return calibration
  const { load, validity } = heaviest
  // Of several runs at that load, the one that cost most.
  const cpuShare = Math.max(...steps.filter((step) => step.load === load).map((step) => step.cpuShare ?? 0))
  return calibrationOf([...calibration.points, { load, cpuShare, validity }], context)
}

// --- internal ---

/** Below this share a worker's time is mostly what it uses without any load. */
const LEAST_TELLING = 0.02

function ceilingOf(points: Calibration['points'], cpuLimit: number, power: 1 | 2): number | null {
  const told = points
    .filter(({ load, cpuShare }) => load > 0 && cpuShare >= LEAST_TELLING)
    .map(({ load, cpuShare }) => ({ x: load ** power, cpuShare }))
    .toSorted((a, b) => a.x - b.x)
  const [first, last] = [told[0], told.at(-1)]
  if (first === undefined || last === undefined) return null
  // A worker at its end uses no more however heavy the load becomes: what is between its points is no slope.
  if (first.cpuShare >= cpuLimit) return ((cpuLimit / first.cpuShare) * first.x) ** (1 / power)
  const isLine = last.x > first.x && last.cpuShare > first.cpuShare
  const slope = isLine ? (last.cpuShare - first.cpuShare) / (last.x - first.x) : last.cpuShare / last.x
  const atZero = last.cpuShare - slope * last.x
  // A line that begins below zero would promise less than what was just done: the processor's clock is coarse.
  const [gradient, base] = atZero < 0 ? [last.cpuShare / last.x, 0] : [slope, atZero]
  return ((cpuLimit - base) / gradient) ** (1 / power)
}

function wordsOf(
  ceiling: number | null,
  bound: HardBound | undefined,
  mostLoad: number | null,
  unit: LoadUnit,
): string {
  if (mostLoad === null) return 'no bound is known: the load was too light to tell one'
  if (bound !== undefined) return `${bound.what} allow ${loadWords(mostLoad, unit)}`
  return `70 % of the ${loadWords(floorLoad(ceiling ?? 0, unit), unit)} at which the generator’s busiest worker would reach its limit of processor time`
}
