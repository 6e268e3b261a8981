import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HIGHEST_US, Histogram } from '../../src/measure/histogram.ts'

describe('Histogram', () => {
  it('gives every percentile within its digits of the sorted samples', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 500 }),
        (samples) => {
          const histogram = new Histogram(3)
          for (const sample of samples) histogram.record(sample)
          const sorted = samples.toSorted((a, b) => a - b)
          for (const p of [1, 50, 90, 99, 99.9, 100]) {
            const truth = sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] as number
            expect(Math.abs(histogram.valueAt(p) - truth)).toBeLessThanOrEqual(Math.max(1, truth * 0.001))
          }
        },
      ),
    )
  })

  it('merges to the same counts in any order, through its encoding', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 50 }), {
          minLength: 2,
          maxLength: 4,
        }),
        (parts) => {
          const encoded = parts.map((part) => {
            const histogram = new Histogram(3)
            for (const sample of part) histogram.record(sample)
            return histogram.encode()
          })
          const merge = (order: typeof encoded): Histogram => {
            const whole = new Histogram(3)
            for (const part of order) whole.merge(Histogram.decode(part))
            return whole
          }
          const [forward, backward] = [merge(encoded), merge(encoded.toReversed())]
          expect(forward.count).toBe(parts.flat().length)
          expect(forward.sumUs).toBe(parts.flat().reduce((sum, sample) => sum + sample, 0))
          for (const p of [50, 99]) expect(forward.valueAt(p)).toBe(backward.valueAt(p))
        },
      ),
    )
  })

  it('refuses negative and non-finite samples instead of clamping them', () => {
    const histogram = new Histogram(3)
    for (const sample of [-1, Number.NaN, Number.POSITIVE_INFINITY]) histogram.record(sample)
    expect(histogram).toMatchObject({ count: 0, refused: 3 })
  })

  it('counts what is beyond its range at the end of its range', () => {
    const histogram = new Histogram(2)
    histogram.record(HIGHEST_US * 2)
    expect(histogram).toMatchObject({ count: 1, overflow: 1, maxUs: HIGHEST_US })
  })

  it('knows which percentiles lie among the censored samples', () => {
    const histogram = new Histogram(3)
    for (let i = 0; i < 98; i++) histogram.record(1_000)
    for (let i = 0; i < 2; i++) histogram.recordCensored(5_000_000)
    expect([50, 98, 98.1, 99].map((p) => histogram.isCensoredAt(p))).toEqual([false, false, true, true])
    expect(Histogram.decode(histogram.encode()).censored).toBe(2)
  })
})
