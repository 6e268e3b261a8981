import { createHistogram } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { deviation, mean } from '../../src/statistics/spread.ts'
import { tQuantile, tTail } from '../../src/statistics/student-t.ts'

describe('Student’s t', () => {
  it.each([
    // The tables of any textbook; R's qt.
    [1, [6.3138, 12.7062, 63.6567, 636.6192]],
    [2, [2.92, 4.3027, 9.9248, 31.5991]],
    [3, [2.3534, 3.1824, 5.8409, 12.924]],
    [5, [2.015, 2.5706, 4.0321, 6.8688]],
    [10, [1.8125, 2.2281, 3.1693, 4.5869]],
    [19, [1.7291, 2.093, 2.8609, 3.8834]],
    [30, [1.6973, 2.0423, 2.75, 3.646]],
    [120, [1.6577, 1.9799, 2.6174, 3.3735]],
    [1e6, [1.6449, 1.96, 2.5758, 3.2905]],
  ])('has the quantiles of the table for %i degrees of freedom', (freedom, quantiles) => {
    const ours = [0.95, 0.975, 0.995, 0.9995].map((probability) => tQuantile(probability, freedom))
    expect(ours.map((value) => Number(value.toFixed(4)))).toEqual(quantiles)
  })

  it('agrees with the closed forms for 1, 2 and 4 degrees of freedom, far out too', () => {
    for (const t of [0, 0.001, 0.3, 1, 2.5, 17, 1e3]) {
      expect(tTail(t, 1)).toBeCloseTo((2 / Math.PI) * Math.atan2(1, t), 13)
      const two = 1 - t / Math.sqrt(2 + t * t)
      expect(tTail(t, 2)).toBeCloseTo(two, 13)
      const x = t / Math.sqrt(4 + t * t)
      expect(tTail(t, 4)).toBeCloseTo(1 - 1.5 * x + 0.5 * x ** 3, 13)
    }
    // Where 1 − … would have lost every digit: P(|t| > x) → 2/(πx) for 1 degree of freedom.
    expect(tTail(1e9, 1) / (2 / Math.PI / 1e9)).toBeCloseTo(1, 9)
  })

  it('agrees with adding up the density, for degrees of freedom that are no whole number', () => {
    for (const freedom of [3.7, 5.5, 12.25])
      expect(tTail(1.3, freedom)).toBeCloseTo(byDensity(1.3, freedom), 7)
  })

  it('has quantiles that its tails give back, the same on either side', () => {
    for (const freedom of [1, 4.5, 19])
      for (const probability of [0.6, 0.9, 0.975, 0.9999]) {
        const t = tQuantile(probability, freedom)
        expect(tTail(t, freedom)).toBeCloseTo(2 * (1 - probability), 13)
        expect(tQuantile(1 - probability, freedom)).toBeCloseTo(-t, 6)
      }
    expect(tQuantile(0.5, 3)).toBe(0)
    expect(tQuantile(1, 3)).toBe(Number.POSITIVE_INFINITY)
    expect(tQuantile(0, 3)).toBe(Number.NEGATIVE_INFINITY)
    expect(tQuantile(1.01, 3)).toBeNaN()
    expect([tTail(Number.POSITIVE_INFINITY, 3), tTail(-2, 5)]).toEqual([0, tTail(2, 5)])
    expect(tTail(Number.NaN, 3)).toBeNaN()
  })

  it('gives the p-value of Node’s own test', ({ skip }) => {
    const [a, b] = [createHistogram(), createHistogram()]
    if (!('welchTest' in a)) return skip()
    const groups = [
      [101, 104, 98, 112, 95, 107],
      [109, 121, 111, 118, 104, 125, 116],
    ] as const
    for (const value of groups[0]) a.record(value)
    for (const value of groups[1]) b.record(value)
    const node = (
      a.welchTest as (other: unknown) => { tStatistic: number; degreesOfFreedom: number; pValue: number }
    )(b)
    const errors = groups.map((group) => deviation(group) ** 2 / group.length)
    const t = (mean(groups[0]) - mean(groups[1])) / Math.sqrt((errors[0] as number) + (errors[1] as number))
    expect(node.tStatistic).toBeCloseTo(t, 6)
    expect(tTail(node.tStatistic, node.degreesOfFreedom)).toBeCloseTo(node.pValue, 6)
    return undefined
  })
})

/** The oracle: Simpson's rule over the density's middle; its factor from the same sum over nearly all of it. */
function byDensity(t: number, freedom: number): number {
  const density = (x: number): number => (1 + (x * x) / freedom) ** (-(freedom + 1) / 2)
  // x = tan(u) brings all of the line into ±π/2.
  const area = (limit: number): number => {
    const steps = 4000
    const width = (2 * limit) / steps
    let sum = 0
    for (let i = 0; i <= steps; i++) {
      const u = -limit + i * width
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
      sum += weight * density(Math.tan(u)) * (1 + Math.tan(u) ** 2)
    }
    return (sum * width) / 3
  }
  return 1 - area(Math.atan(t)) / area(Math.PI / 2 - 1e-9)
}
