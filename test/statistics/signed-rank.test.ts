import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { largestWithin } from '../../src/statistics/ranks.ts'
import { signedRankCounts, signedRankP } from '../../src/statistics/signed-rank.ts'

/** Two-sided critical values of Wilcoxon's T for n = 6 … 20 (Wilcoxon & Wilcox 1964; R's qsignrank less one). */
const CRITICAL: Record<string, number[]> = {
  0.05: [0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52],
  0.02: [-1, 0, 1, 3, 5, 7, 9, 12, 15, 19, 23, 27, 32, 37, 43],
  0.01: [-1, -1, 0, 1, 3, 5, 7, 9, 12, 15, 19, 23, 27, 32, 37],
}

describe('the signed-rank test', () => {
  it('has the critical values of the published table for 6 to 20 values', () => {
    for (const [alpha, values] of Object.entries(CRITICAL)) {
      const ours = values.map((_, i) => largestWithin(countsOf(6 + i), Number(alpha) / 2))
      expect(ours, `alpha ${alpha}`).toEqual(values)
    }
  })

  it('counts every one of the 2ⁿ cases: those of 4 ranks by hand', () => {
    // R: dsignrank(0:10, 4) * 16
    expect([...countsOf(4).counts]).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1])
    expect(countsOf(20).total).toBe(1_048_576)
    expect(countsOf(20).counts.reduce((sum, ways) => sum + ways)).toBe(1_048_576)
  })

  it('gives the p-value of Hollander and Wolfe’s depression scale', () => {
    // R: wilcox.test(x, y, paired = TRUE): V = 40, p-value = 0.03906
    expect(signedRankP(DEPRESSION)).toBeCloseTo(0.0390625, 12)
  })

  it('agrees with trying every sign, whatever ties and zeros there are', () => {
    const value = fc.integer({ min: -4, max: 4 })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 10 }), (values) => {
        expect(signedRankP(values)).toBeCloseTo(byEverySign(values), 12)
      }),
      { numRuns: 150, seed: 1 },
    )
    expect(byEverySign([1, 2, 3, 4, 5, 6])).toBe(2 / 64)
  })

  it('does not care about sign or scale', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 15 })
    fc.assert(
      fc.property(values, (some) => {
        const p = signedRankP(some)
        expect(signedRankP(some.map((value) => -value))).toBeCloseTo(p, 12)
        expect(signedRankP(some.map((value) => 8 * value))).toBe(p)
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
      { numRuns: 100, seed: 2 },
    )
  })
})

/** y − x of Hollander & Wolfe's table 3.1, turned round. */
const DEPRESSION = [
  [1.83, 0.878],
  [0.5, 0.647],
  [1.62, 0.598],
  [2.48, 2.05],
  [1.68, 1.06],
  [1.88, 1.29],
  [1.55, 1.06],
  [3.06, 3.14],
  [1.3, 1.29],
].map(([x = 0, y = 0]) => x - y)

function countsOf(size: number): ReturnType<typeof signedRankCounts> {
  return signedRankCounts(Array.from({ length: size }, (_, i) => i + 1))
}

/** The oracle: mid-ranks by counting, and every assignment of signs. */
function byEverySign(values: readonly number[]): number {
  const others = values.filter((value) => value !== 0)
  const ranks = others.map((a) => {
    const below = others.filter((b) => Math.abs(b) < Math.abs(a)).length
    const equal = others.filter((b) => Math.abs(b) === Math.abs(a)).length
    return below + (equal + 1) / 2
  })
  const observed = ranks.filter((_, i) => (others[i] as number) > 0).reduce((sum, rank) => sum + rank, 0)
  let [below, above] = [0, 0]
  for (let signs = 0; signs < 2 ** ranks.length; signs++) {
    const sum = ranks.reduce((total, rank, i) => ((signs >> i) & 1 ? total + rank : total), 0)
    if (sum <= observed) below++
    if (sum >= observed) above++
  }
  return Math.min(1, (2 * Math.min(below, above)) / 2 ** ranks.length)
}
