import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '../../src/scenario/random.ts'
import { changePoints } from '../../src/statistics/change-points.ts'
import { noiseBand } from '../../src/statistics/noise-band.ts'
import { normal } from './simulated-runs.ts'

describe('change points', () => {
  it('finds a step where it is, its size as a share, and how sure the t-test is', () => {
    const points = changePoints(levels([30, 0], [20, Math.log(1.1)]))
    expect(points).toHaveLength(1)
    expect(points[0]?.at).toBe(30)
    expect(points[0]?.change).toBeCloseTo(0.1, 1)
    expect(points[0]?.pValue).toBeLessThan(1e-6)
  })

  it('finds several steps, up and down, and puts them in order', () => {
    const points = changePoints(levels([20, 0], [15, 0.2], [15, 0.05], [30, 0.3]))
    expect(points.map(({ at }) => at)).toEqual([20, 35, 50])
    expect(points.map(({ change }) => Math.sign(change))).toEqual([1, -1, 1])
  })

  it('finds a step in a long series, wherever it lies among the windows', () => {
    for (const length of [61, 130])
      for (let before = 4; before <= length - 4; before++)
        expect(
          changePoints(levels([before, 0], [length - before, 0.2])).map(({ at }) => at),
          `${before} of ${length}`,
        ).toEqual([before])
  })

  it('sees nothing in fewer than four values on a side, and the step once there are four', () => {
    expect(changePoints(levels([30, 0], [3, 0.2])).filter(({ at }) => at > 29)).toEqual([])
    expect(changePoints(levels([30, 0], [4, 0.2])).map(({ at }) => at)).toEqual([30])
    expect(changePoints([])).toEqual([])
    expect(changePoints([1, 2, 3])).toEqual([])
  })

  it('takes no step below five per cent for a change, however sure', () => {
    expect(changePoints(levels([40, 0], [40, 0.04]))).toEqual([])
    expect(changePoints(levels([40, 0], [40, 0.07]))).toHaveLength(1)
  })

  it('takes one wild value for no change', () => {
    const values = levels([60, 0])
    values[30] = 1
    expect(changePoints(values)).toEqual([])
  })

  it('copes with values that are all the same, and with a step without any noise', () => {
    expect(changePoints(Array.from({ length: 30 }, () => 5))).toEqual([])
    const step = [...Array.from({ length: 10 }, () => 0), ...Array.from({ length: 10 }, () => 1)]
    expect(changePoints(step)).toEqual([{ at: 10, change: Math.E - 1, pValue: 0 }])
  })

  it('splits where the energy distance of the two sides is largest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 12 }), (noise) => {
        const values = noise.map((value, i) => value / 10 + (i < 4 ? 0 : 5))
        const [point] = changePoints(values)
        if (point !== undefined)
          expect(changePoints(values).map(({ at }) => at)).toContain(bestByFormula(values))
      }),
      { numRuns: 60, seed: 8 },
    )
  })

  it('moves with the level, and turns with the sign', () => {
    const values = levels([25, 0], [20, 0.2])
    const [point] = changePoints(values)
    const [moved] = changePoints(values.map((value) => value + 3))
    const [turned] = changePoints(values.map((value) => -value))
    expect(moved?.at).toBe(point?.at)
    expect(moved?.change).toBeCloseTo(point?.change ?? 0, 9)
    expect(1 + (turned?.change ?? 0)).toBeCloseTo(1 / (1 + (point?.change ?? 0)), 9)
  })
})

describe('the noise band', () => {
  it('is four deviations around the mean of the last forty values', () => {
    const recent = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 9 : 11))
    const deviation = Math.sqrt(40 / 39)
    const band = noiseBand([1000, 2000, ...recent])
    expect(band?.mean).toBe(10)
    expect(band?.lo).toBeCloseTo(10 - 4 * deviation, 12)
    expect(band?.hi).toBeCloseTo(10 + 4 * deviation, 12)
  })

  it('is none with fewer than eight', () => {
    expect(noiseBand([1, 2, 3, 4, 5, 6, 7])).toBeNull()
    expect(noiseBand([1, 2, 3, 4, 5, 6, 7, 8])?.mean).toBe(4.5)
  })
})

/** Levels of so many values each, with noise of 2 %; the same every time. */
function levels(...of: [count: number, level: number][]): number[] {
  const next = generator(11, 1)
  return of.flatMap(([count, level]) => Array.from({ length: count }, () => level + 0.02 * normal(next)))
}

/** The oracle: Q as it is written down, for every split that leaves four values on a side. */
function bestByFormula(values: readonly number[]): number {
  const sum = (xs: readonly number[], ys: readonly number[]): number =>
    xs.flatMap((x) => ys.map((y) => Math.abs(x - y))).reduce((total, each) => total + each, 0)
  let best = { at: 0, q: Number.NEGATIVE_INFINITY }
  for (let at = 4; at <= values.length - 4; at++) {
    const [x, y] = [values.slice(0, at), values.slice(at)]
    const [m, n] = [x.length, y.length]
    // Within a side, every pair is counted twice by `sum`.
    const energy = (2 * sum(x, y)) / (m * n) - sum(x, x) / (m * (m - 1)) - sum(y, y) / (n * (n - 1))
    const q = ((m * n) / (m + n)) * energy
    if (q > best.q + 1e-9) best = { at, q }
  }
  return best.at
}
