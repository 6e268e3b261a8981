import { deviation, mean } from './spread.ts'

/** What is usual for a series, in its own unit. */
export interface NoiseBand {
  lo: number
  hi: number
  mean: number
}

/** Mean ± 4 standard deviations of the last 40 values; null with fewer than 8. */
export function noiseBand(values: readonly number[]): NoiseBand | null {
  const recent = values.slice(-40)
  if (recent.length < 8) return null
  const centre = mean(recent)
  const width = 4 * deviation(recent)
  return { lo: centre - width, hi: centre + width, mean: centre }
}
