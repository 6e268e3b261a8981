import { describe, expect, it } from 'vitest'
import { calibrationOf, refinedBy } from '../../src/capacity/ceiling.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { step } from './searching.ts'

describe('the calibration', () => {
  const settings = { unit: 'users', cpuLimit: 0.8, power: 1, bound: undefined } as const
  const point = (load: number, cpuShare: number) => ({ load, cpuShare, validity: 'valid' as const })

  it('draws a line through two loads to the limit of a worker, and believes 70 % of it', () => {
    // 0.05 + 0.0001 × load = 0.8 at 7,500.
    expect(calibrationOf([point(1_000, 0.15), point(2_500, 0.3)], settings)).toMatchObject({
      ceiling: expect.closeTo(7_500, 6) as number,
      mostLoad: 5_250,
    })
  })

  it('draws it through the origin with one load, or where it would begin below', () => {
    expect(calibrationOf([point(1_000, 0.1)], settings).ceiling).toBeCloseTo(8_000, 6)
    expect(calibrationOf([point(1_000, 0.1), point(2_500, 0.4)], settings).ceiling).toBeCloseTo(5_000, 6)
  })

  it('takes the square of the load where deliveries grow with it', () => {
    expect(calibrationOf([point(1_000, 0.2)], { ...settings, power: 2 }).ceiling).toBeCloseTo(2_000, 6)
  })

  it('says what bounds the load before the processor does', () => {
    const bound = { load: 2_000, what: 'file descriptors' }
    expect(calibrationOf([point(1_000, 0.1)], { ...settings, bound })).toMatchObject({
      mostLoad: 2_000,
      says: 'file descriptors allow 2,000 users',
    })
  })

  it('draws it through the lightest load that already kept a worker at its limit, whatever the heavier ones show', () => {
    // What is at its end uses no more: a line through both would begin above the limit, and know no bound.
    const most = (load: number, ...shares: [number, number]) =>
      calibrationOf([point(load, shares[0]), point(2.5 * load, shares[1])], settings).mostLoad
    // 70 % of 2,000 × 0.8 / 0.96.
    expect(most(2_000, 0.96, 0.99)).toBe(1_166)
    expect(most(2_000, 0.96, 0.95)).toBe(1_166)
    // A line from 0.85 to 0.94 would reach the limit at 500, which is far less than was nearly carried.
    expect(most(3_000, 0.85, 0.94)).toBe(1_976)
    const squared = calibrationOf([point(1_000, 0.9), point(2_500, 1)], { ...settings, power: 2 })
    expect(squared.ceiling).toBeCloseTo(942.8, 1)
  })

  it('knows no bound where the load was too light to tell', () => {
    expect(calibrationOf([point(10, 0.001)], settings)).toMatchObject({ ceiling: null, mostLoad: null })
  })

  it('is refined by the heaviest load that held, and by the run of it that cost most', () => {
    const rough = calibrationOf([point(1_000, 0.1), point(2_500, 0.19)], settings)
    const used = (load: number, outcome: 'pass' | 'fail', cpuShare: number | null): CapacityStep => ({
      ...step('ramp', load, outcome),
      cpuShare,
    })
    const steps = [used(5_000, 'pass', 0.2), used(5_000, 'pass', 0.26), used(8_000, 'fail', 0.7)]
    // 0.06 + 0.00004 × load = 0.8 at 18,500.
    expect(refinedBy(rough, steps, settings)).toMatchObject({
      ceiling: expect.closeTo(18_500, 6) as number,
      mostLoad: 12_950,
    })
    expect(rough.mostLoad).toBeLessThan(9_000)
    expect(refinedBy(rough, [used(2_000, 'pass', 0.1), used(9_000, 'pass', null)], settings)).toBe(rough)
  })
})
