import { describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import { curveAt, decadeOf } from '../../src/report/page/percentile-curve.ts'
import { trendOf } from './fixture.ts'

const PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99]
const at = (percentiles: readonly number[]): number[] => percentiles.map(decadeOf)

describe('a curve of percentiles', () => {
  it('has the histogram’s own percentiles', () => {
    const trend = trendOf(Array.from({ length: 250_000 }, (_, i) => 700 + ((i * 7919) % 250_000) / 3))
    const histogram = Histogram.decode(trend.histogram)
    const curve = curveAt(trend, at(PERCENTILES))
    expect(curve.map((point) => point?.us)).toEqual(PERCENTILES.map((p) => histogram.valueAt(p)))
    expect(curve[0]?.us).toBeGreaterThan(42_000)
  })

  it('ends where fewer than ten samples lie beyond', () => {
    const thousand = trendOf(Array.from({ length: 1000 }, (_, i) => 1000 + i))
    const known = curveAt(thousand, at([90, 99, 99.1, 99.9])).map((point) => point !== undefined)
    expect(known).toEqual([true, true, false, false])
    expect(curveAt(trendOf([1, 2, 3]), at([50]))).toEqual([undefined])
  })

  it('says at least from the first loss on', () => {
    const lossy = trendOf(
      Array.from({ length: 950 }, () => 2000),
      Array.from({ length: 50 }, () => 30_000_000),
    )
    expect(curveAt(lossy, at([90, 94, 96]))).toMatchObject([
      { isAtLeast: false },
      { isAtLeast: false },
      { isAtLeast: true },
    ])
  })
})
