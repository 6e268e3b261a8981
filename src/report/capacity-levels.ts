import type { CapacityResult } from '../measure/capacity.ts'
import { median } from '../statistics/spread.ts'
import { latencyAt } from './capacity-words.ts'
import { medianTimed, type Timed } from './timed.ts'

/** What a search's steps at one load say together; those of soak, overload and recovery are others. */
export interface Level {
  load: number
  steps: number
  held: number
  /** Medians; undefined where nothing was timed. */
  p50: Timed | undefined
  p99: Timed | undefined
  deliveriesPerSecond: number
  end: 'verified' | 'refuted' | undefined
}

/** The loads that say something about the target, the lowest first; of more than `most` those nearest to where it ended. */
export function levelsOf({ steps, bracket }: CapacityResult, most: number): Level[] {
  const ofSearch = steps.filter(
    ({ phase, outcome }) =>
      !['soak', 'overload', 'recover'].includes(phase) && (outcome === 'pass' || outcome === 'fail'),
  )
  const levels = [...Map.groupBy(ofSearch, ({ load }) => load)].map(([load, each]): Level => {
    return {
      load,
      steps: each.length,
      held: each.filter(({ outcome }) => outcome === 'pass').length,
      p50: medianTimed(each.flatMap((step) => latencyAt(step, '50') ?? [])),
      p99: medianTimed(each.flatMap((step) => latencyAt(step, '99') ?? [])),
      deliveriesPerSecond: median(each.map(({ achieved }) => achieved.deliveriesPerSecond)),
      end: load === bracket.verified ? 'verified' : load === bracket.refuted ? 'refuted' : undefined,
    }
  })
  const middle = bracket.verified ?? bracket.refuted ?? Math.max(0, ...levels.map(({ load }) => load))
  const distance = ({ load }: Level): number => Math.abs(Math.log(load / middle))
  return levels
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, most)
    .toSorted((a, b) => a.load - b.load)
}
