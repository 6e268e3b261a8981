import { describe, expect, it } from 'vitest'
import { holm } from '../../src/statistics/holm.ts'
import { median, medianDeviation, deviation } from '../../src/statistics/spread.ts'
import { chanceUpTo, largestWithin } from '../../src/statistics/ranks.ts'
import { signedRankCounts } from '../../src/statistics/signed-rank.ts'
import { ALPHA_PER_LOOK, detectable, judge, leastMargin, LOOKS } from '../../src/statistics/verdict.ts'
import { tQuantile } from '../../src/statistics/student-t.ts'

describe('the verdict on pairs', () => {
  /** Eight pairs whose interval at one look's alpha reaches from the least to the largest. */
  const spread = (centre: number, half: number): number[] =>
    Array.from({ length: 8 }, (_, i) => centre + half * ((2 * i) / 7 - 1))

  it.each([
    ['worse', 0.12, 0.03],
    ['better', -0.12, 0.03],
    ['same', 0, 0.04],
    ['same', 0.03, 0.015],
    // Certainly slower, but by less than the margin, and not certainly by less.
    ['unknown', 0.045, 0.03],
    ['unknown', 0, 0.06],
    // Large, but not certainly above nothing.
    ['unknown', 0.06, 0.07],
  ] as const)('is %s for pairs of %d ± %d at a margin of 0.05', (verdict, centre, half) => {
    const judged = judge(spread(centre, half), 0.05, ALPHA_PER_LOOK)
    expect(judged.verdict).toBe(verdict)
    expect(judged.interval.estimate).toBeCloseTo(centre, 9)
    expect(judged.interval.lo).toBeCloseTo(centre - half, 9)
    expect(judged.interval.hi).toBeCloseTo(centre + half, 9)
  })

  it('turns with the sign', () => {
    const opposite = { worse: 'better', better: 'worse', same: 'same', unknown: 'unknown' } as const
    for (let i = -20; i <= 20; i++) {
      const pairs = spread(i / 100, 0.03)
      const turned = pairs.map((value) => -value)
      expect(judge(turned, 0.05, ALPHA_PER_LOOK).verdict).toBe(
        opposite[judge(pairs, 0.05, ALPHA_PER_LOOK).verdict],
      )
    }
  })

  it('is unknown before the first look, whatever the pairs', () => {
    expect(judge(spread(1, 0.001).slice(1), 0.05, ALPHA_PER_LOOK).verdict).toBe('unknown')
    expect(judge([], 0.05, ALPHA_PER_LOOK).verdict).toBe('unknown')
    expect([LOOKS[0], (ALPHA_PER_LOOK * LOOKS.length).toFixed(2)]).toEqual([8, '0.05'])
  })
})

describe('what pairs could have seen', () => {
  it('shrinks with the root of their number, and is nothing without noise', () => {
    const pairs = (count: number): number[] =>
      Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 0.04 : -0.04))
    const deviationOf20 = deviation(pairs(20))
    // Of 2^20 cases, 6,333 have a rank sum of 39 or less: 0.604 %. Of 40 or less there are more than 0.625 %.
    const counts = signedRankCounts(Array.from({ length: 20 }, (_, i) => i + 1))
    const depth = largestWithin(counts, 0.0125 / 2)
    expect([depth, chanceUpTo(counts, depth) * counts.total]).toEqual([39, 6333])
    const quantiles = tQuantile(1 - chanceUpTo(counts, depth), 19) + tQuantile(0.8, 19)
    expect(detectable(pairs(20))).toBeCloseTo(
      Math.expm1(quantiles * deviationOf20 * Math.sqrt(Math.PI / 60)),
      12,
    )
    expect(detectable(pairs(80)) / detectable(pairs(20))).toBeCloseTo(0.47, 1)
    expect(detectable([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])).toBe(0)
  })

  it('asks of eight pairs that all of them agree', () => {
    const pairs = [-3, -2, -1, 0, 0, 1, 2, 3].map((each) => each / 100)
    // 0.8^(1/8) = 0.97249, and Φ(1.9188) is that.
    expect(Math.log1p(detectable(pairs)) / deviation(pairs)).toBeCloseTo(1.9188, 3)
  })

  it('is nothing where there are too few pairs for an interval', () => {
    expect(detectable([0.1])).toBeNaN()
    expect(detectable([0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.2])).toBe(Number.POSITIVE_INFINITY)
    expect(detectable([0.1, 0.2, 0.1, 0.3, 0.2, 0.1], 0.05)).toBeLessThan(1)
  })

  it('is held by a margin that outliers do not widen', () => {
    const quiet = [-0.05, -0.03, -0.01, 0.01, 0.03, 0.05]
    expect(leastMargin(quiet)).toBeCloseTo(Math.expm1(1.2 * 1.4826 * 0.03), 12)
    expect(leastMargin([...quiet.slice(0, 5), 5])).toBeCloseTo(leastMargin(quiet), 12)
  })
})

describe('spread', () => {
  it('is by hand that of small samples', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([])).toBeNaN()
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12)
    expect(deviation([3])).toBeNaN()
    expect(medianDeviation([1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(1.4826, 12)
  })
})

describe('Holm’s adjustment', () => {
  it('gives what R’s p.adjust does, in the order of the values', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(4)))).toEqual([0.03, 0.06, 0.06, 0.02])
    expect(holm([0.9, 0.6])).toEqual([1, 1])
    expect(holm([])).toEqual([])
  })
})
