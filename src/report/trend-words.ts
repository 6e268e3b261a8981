import { isHash } from '../measure/commit.ts'
import { FEWEST_POINTS, type TrendChange, type TrendPoint, type TrendSeries } from '../measure/trend.ts'
import { changeText, metricText } from './metric-value.ts'

/** How large a change is, its sign that of the figures: a fall is below 0, be it for the better or the worse. */
export function signedChange({ change }: TrendChange, { isWorseWhenHigher }: TrendSeries['metric']): string {
  return changeText(isWorseWhenHigher ? change : -change)
}

/** How a commit is named where there is little room: a hash by its first ten characters, any other name whole. */
export function commitText(commit: string): string {
  return isHash(commit) ? commit.slice(0, 10) : commit
}

/** A point's value with its unit, `≥ 250 ms` where it is censored; a dash without a point. */
export function pointText(point: TrendPoint | undefined, unit: TrendSeries['metric']['unit']): string {
  return `${point?.isAtLeast === true ? '≥ ' : ''}${metricText(point?.value, unit)}`
}

/** What is to be said of a series without changes: none may have been found, or none could be. */
export function noChangeText(points: readonly TrendPoint[]): string {
  return canTell(points) ? 'no change found' : 'too few points on one environment to tell'
}

/** Whether any environment has the points that a change takes. */
export function canTell(points: readonly TrendPoint[]): boolean {
  const counts = Map.groupBy(points, ({ environment }) => environment).values()
  return [...counts].some(({ length }) => length >= FEWEST_POINTS)
}
