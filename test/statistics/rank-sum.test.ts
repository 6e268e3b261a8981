import { createHistogram } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankSumCounts, rankSumP } from '../../src/statistics/rank-sum.ts'
import { largestWithin } from '../../src/statistics/ranks.ts'

describe('the rank sum test', () => {
  it.each([
    // Two-sided 5 % critical values of U (Mann & Whitney; R's qwilcox less one).
    [4, 4, 0],
    [5, 5, 2],
    [5, 8, 6],
    [6, 10, 11],
    [8, 8, 13],
    [10, 10, 23],
    [12, 12, 37],
    [15, 15, 64],
    [10, 20, 55],
    [20, 20, 127],
  ])('has the published critical value for groups of %i and %i: U = %i', (m, n, critical) => {
    const ranks = Array.from({ length: m + n }, (_, i) => i)
    expect(largestWithin(rankSumCounts(ranks, m), 0.025) - (m * (m - 1)) / 2).toBe(critical)
  })

  it('counts every draw: 2 of 4 by hand, 20 of 40 by the binomial', () => {
    expect([...rankSumCounts([1, 2, 3, 4], 2).counts]).toEqual([0, 0, 0, 1, 1, 2, 1, 1])
    expect(
      rankSumCounts(
        Array.from({ length: 40 }, (_, i) => i),
        20,
      ).total,
    ).toBe(137_846_528_820)
  })

  it('gives the p-value of Hollander and Wolfe’s permeability data', () => {
    // R: wilcox.test(x, y): W = 35, p-value = 0.2544
    expect(rankSumP(PERMEABILITY.late, PERMEABILITY.early)).toBeCloseTo(0.2544, 4)
  })

  it('agrees with trying every draw, whatever ties there are', () => {
    const values = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(rankSumP(a, b)).toBeCloseTo(byEveryDraw(a, b), 12)
        expect(rankSumP(b, a)).toBeCloseTo(rankSumP(a, b), 12)
      }),
      { numRuns: 150, seed: 3 },
    )
    expect(byEveryDraw([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20, 12)
  })

  it('is near to Node’s own test, which is an approximation', ({ skip }) => {
    const histograms = [createHistogram(), createHistogram()] as const
    const [of] = histograms
    if (!('mannWhitneyTest' in of)) return skip()
    const groups = [
      Array.from({ length: 20 }, (_, i) => 100 + 7 * i),
      Array.from({ length: 20 }, (_, i) => 133 + 7 * i),
    ]
    groups.forEach((group, i) => {
      for (const value of group) histograms[i]?.record(value)
    })
    const { pValue } = (of.mannWhitneyTest as (other: unknown) => { pValue: number })(histograms[1])
    expect(pValue).toBeGreaterThan(0.001)
    expect(Math.abs(rankSumP(groups[0] as number[], groups[1] as number[]) - pValue)).toBeLessThan(0.003)
    return undefined
  })
})

const PERMEABILITY = {
  late: [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
  early: [1.15, 0.88, 0.9, 0.74, 1.21],
}

/** The oracle: U by comparing all pairs, for every way to draw the first group. */
function byEveryDraw(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b]
  const statistic = (isFirst: (i: number) => boolean): number => {
    let u = 0
    all.forEach((x, i) => {
      all.forEach((y, j) => {
        if (isFirst(i) && !isFirst(j)) u += x > y ? 1 : x === y ? 0.5 : 0
      })
    })
    return u
  }
  const observed = statistic((i) => i < a.length)
  let [below, above, draws] = [0, 0, 0]
  for (let drawn = 0; drawn < 2 ** all.length; drawn++) {
    if (all.filter((_, i) => (drawn >> i) & 1).length !== a.length) continue
    const u = statistic((i) => ((drawn >> i) & 1) === 1)
    draws++
    if (u <= observed) below++
    if (u >= observed) above++
  }
  return Math.min(1, (2 * Math.min(below, above)) / draws)
}
