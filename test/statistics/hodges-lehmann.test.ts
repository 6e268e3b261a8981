import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pseudomedian, shift } from '../../src/statistics/hodges-lehmann.ts'

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 12 })
const twelfths = fc.integer({ min: -1000, max: 1000 })

describe('the pseudomedian', () => {
  it('gives the published estimate and interval of the depression scale', () => {
    // Hollander & Wolfe, examples 3.3 and 3.4: −0.46, and −0.786 to −0.010 at 96.1 %.
    const changes = [-0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01]
    const { estimate, lo, hi } = pseudomedian(changes, 0.04)
    expect([estimate, lo, hi].map((value) => Number(value.toFixed(3)))).toEqual([-0.46, -0.786, -0.01])
  })

  it('is by hand the middle of all means, and reaches to the ends where only they will do', () => {
    // Means of 1, 2, 4: 1, 1.5, 2, 2.5, 3, 4.
    expect(pseudomedian([4, 1, 2], 0.05)).toEqual({
      estimate: 2.25,
      lo: Number.NEGATIVE_INFINITY,
      hi: Number.POSITIVE_INFINITY,
    })
    expect(pseudomedian([5, 3, 1, 2, 8, 4], 0.05)).toEqual({ estimate: 3.5, lo: 1, hi: 8 })
  })

  it.each([
    [0.05, 6],
    [0.0125, 8],
    [0.01, 8],
  ])('at alpha %d has ends from %i values on', (alpha, fewest) => {
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i ** 2)
    expect(pseudomedian(upTo(fewest - 1), alpha).lo).toBe(Number.NEGATIVE_INFINITY)
    expect(pseudomedian(upTo(fewest), alpha).lo).toBe(0)
  })

  it('moves with its values, turns with their sign, and is wider at a higher level', () => {
    fc.assert(
      fc.property(values, twelfths, (some, by) => {
        const of = pseudomedian(some, 0.05)
        expect(
          pseudomedian(
            some.map((value) => value + by),
            0.05,
          ),
        ).toEqual({
          estimate: of.estimate + by,
          lo: of.lo + by,
          hi: of.hi + by,
        })
        const turned = pseudomedian(
          some.map((value) => -value),
          0.05,
        )
        expect([-turned.estimate, -turned.hi, -turned.lo]).toEqual(
          [of.estimate, of.lo, of.hi].map((end) => end + 0),
        )
        const surer = pseudomedian(some, 0.01)
        expect(surer.lo).toBeLessThanOrEqual(of.lo)
        expect(surer.hi).toBeGreaterThanOrEqual(of.hi)
        expect(of.lo).toBeLessThanOrEqual(of.estimate)
        expect(of.hi).toBeGreaterThanOrEqual(of.estimate)
      }),
      { numRuns: 100, seed: 4 },
    )
  })

  it('has an interval that leaves out exactly the shifts the signed-rank test refuses', () => {
    const some = [13, -40, 71, 22, 5, 90, 33, -8, 57]
    const { lo, hi } = pseudomedian(some, 0.05)
    const isRefused = (centre: number): boolean =>
      refusedByEverySign(
        some.map((value) => value - centre),
        0.05,
      )
    expect([lo - 0.25, lo + 0.25, hi - 0.25, hi + 0.25].map(isRefused)).toEqual([true, false, false, true])
  })

  it('has neither estimate nor ends without values', () => {
    expect(pseudomedian([], 0.05)).toEqual({
      estimate: Number.NaN,
      lo: Number.NEGATIVE_INFINITY,
      hi: Number.POSITIVE_INFINITY,
    })
  })
})

describe('the shift between two groups', () => {
  it('gives the published estimate and interval of the permeability data', () => {
    // R: wilcox.test(late, early, conf.int = TRUE): difference 0.305, interval −0.15 to 0.76.
    const late = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    const early = [1.15, 0.88, 0.9, 0.74, 1.21]
    const { estimate, lo, hi } = shift(early, late, 0.05)
    expect([estimate, lo, hi].map((value) => Number(value.toFixed(3)))).toEqual([0.305, -0.15, 0.76])
  })

  it('is the second group less the first, and needs enough of both for ends', () => {
    expect(shift([1, 2, 3], [11, 12, 13], 0.05)).toEqual({
      estimate: 10,
      lo: Number.NEGATIVE_INFINITY,
      hi: Number.POSITIVE_INFINITY,
    })
    expect(shift([1, 2, 3, 4], [11, 12, 13, 14], 0.05)).toEqual({ estimate: 10, lo: 7, hi: 13 })
    expect(shift([], [1, 2], 0.05).estimate).toBeNaN()
    expect(shift([1], [], 0.05).hi).toBe(Number.POSITIVE_INFINITY)
  })

  it('turns when the groups change places, and moves with either', () => {
    fc.assert(
      fc.property(values, values, twelfths, (a, b, by) => {
        const of = shift(a, b, 0.05)
        const turned = shift(b, a, 0.05)
        expect([-turned.estimate, -turned.hi, -turned.lo]).toEqual(
          [of.estimate, of.lo, of.hi].map((end) => end + 0),
        )
        expect(
          shift(
            a,
            b.map((value) => value + by),
            0.05,
          ),
        ).toEqual({
          estimate: of.estimate + by,
          lo: of.lo + by,
          hi: of.hi + by,
        })
      }),
      { numRuns: 60, seed: 5 },
    )
  })
})

/** The oracle: whether fewer than alpha of all signs give ranks as one-sided as these (no ties). */
function refusedByEverySign(some: readonly number[], alpha: number): boolean {
  const order = some.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  const sumOf = (isCounted: (i: number) => boolean): number =>
    order.reduce((sum, _, i) => (isCounted(i) ? sum + i + 1 : sum), 0)
  const observed = sumOf((i) => (order[i] as number) > 0)
  const whole = sumOf(() => true)
  let asFar = 0
  for (let signs = 0; signs < 2 ** order.length; signs++) {
    const sum = sumOf((i) => ((signs >> i) & 1) === 1)
    if (Math.min(sum, whole - sum) <= Math.min(observed, whole - observed)) asFar++
  }
  return asFar / 2 ** order.length <= alpha
}
