import { changePoints } from '../../src/statistics/change-points.ts'
import { disturbance, type Draw, normal } from './simulated-runs.ts'

/** A series of commits' values. */
export interface SeriesModel {
  /** Values before the step, and from it on. */
  before: number
  after: number
  /** 0.1: ten per cent up. */
  step: number
  /** SD of a value, as a share. */
  noise: number
  /** Share of values that something else disturbed. */
  outliers: number
}

/** As natural logarithms. */
export function series({ before, after, step, noise, outliers }: SeriesModel, next: Draw): number[] {
  return Array.from(
    { length: before + after },
    (_, i) => (i < before ? 0 : Math.log1p(step)) + noise * normal(next) + disturbance(outliers, next),
  )
}

/** How far beside the step a point may lie to be its. */
const TOLERANCE = 2

/** Shares of series with a point that is the step's, and with any other. */
export function seriesRates(
  count: number,
  model: SeriesModel,
  next: Draw,
): { found: number; others: number } {
  const rates = { found: 0, others: 0 }
  for (let i = 0; i < count; i++) {
    const points = changePoints(series(model, next))
    const isOwn = ({ at }: { at: number }): boolean =>
      model.after > 0 && Math.abs(at - model.before) <= TOLERANCE
    if (points.some(isOwn)) rates.found += 1 / count
    if (!points.every(isOwn)) rates.others += 1 / count
  }
  return rates
}
