import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crossing, isotonic } from '../../src/statistics/isotonic.ts'

describe('isotonic regression', () => {
  it('gives the fit of R’s documented example', () => {
    // isoreg(c(1,0,4,3,3,5,4,2,0))$yf
    expect(isotonic([1, 0, 4, 3, 3, 5, 4, 2, 0])).toEqual([0.5, 0.5, 3, 3, 3, 3, 3, 3, 3])
  })

  it('weighs what it pools', () => {
    expect(isotonic([4, 1], [1, 3])).toEqual([1.75, 1.75])
    expect(isotonic([1, 4], [1, 3])).toEqual([1, 4])
    expect(isotonic([])).toEqual([])
  })

  it('never falls, keeps the sum, and is what the min-max formula says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 9 }), (values) => {
        const fit = isotonic(values)
        for (let i = 1; i < fit.length; i++) expect(fit[i]).toBeGreaterThanOrEqual(fit[i - 1] as number)
        fit.forEach((value, i) => expect(value).toBeCloseTo(minMax(values, i), 9))
      }),
      { numRuns: 100, seed: 6 },
    )
  })
})

describe('the crossing of a limit', () => {
  it('lies between levels on a straight line of ln y', () => {
    const points = [
      { x: 100, y: 10 },
      { x: 200, y: 1000 },
    ]
    expect(crossing(points, 100)).toBeCloseTo(150, 9)
    expect(crossing(points.toReversed(), 100)).toBeCloseTo(150, 9)
  })

  it('takes points of one level as repeats, by the mean of their logarithms', () => {
    const points = [
      { x: 100, y: 5 },
      { x: 100, y: 20 },
      { x: 200, y: 1000 },
    ]
    expect(crossing(points, 100)).toBeCloseTo(150, 9)
  })

  it('ignores a dip: the levels around it are made one', () => {
    const points = [40, 90, 60, 200, 600].map((y, i) => ({ x: 100 * (i + 1), y }))
    // 90 and 60 become √(90 · 60) = 73.48.
    const pooled = Math.sqrt(90 * 60)
    expect(crossing(points, 100)).toBeCloseTo(
      300 + (100 * Math.log(100 / pooled)) / Math.log(200 / pooled),
      9,
    )
    expect(crossing(points, pooled * 1.0001)).toBeGreaterThan(300)
  })

  it('is none where the limit is never reached, was below the first level, or nothing was measured', () => {
    const points = [10, 20, 30].map((y, i) => ({ x: i + 1, y }))
    expect([crossing(points, 30), crossing(points, 9), crossing([], 5)]).toEqual([null, null, null])
    expect(
      crossing([{ x: 1, y: 0 }, { x: 2, y: Number.NaN }, { x: Number.NaN, y: 9 }, ...points], 15),
    ).toBeCloseTo(1 + Math.log(1.5) / Math.log(2), 9)
  })
})

/** The oracle: the fit at i is the least over k ≥ i of the largest mean over j ≤ i of the values j … k. */
function minMax(values: readonly number[], i: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let k = i; k < values.length; k++) {
    let most = Number.NEGATIVE_INFINITY
    for (let j = 0; j <= i; j++) {
      const part = values.slice(j, k + 1)
      most = Math.max(most, part.reduce((sum, value) => sum + value, 0) / part.length)
    }
    least = Math.min(least, most)
  }
  return least
}
