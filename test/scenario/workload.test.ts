import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  activeIntervals,
  arrivalCount,
  arrivalTime,
  type ClosedWorkload,
  type OpenWorkload,
  vusAt,
} from '../../src/scenario/workload.ts'

const stages = fc.array(
  fc.record({ durationMs: fc.integer({ min: 0, max: 20_000 }), target: fc.integer({ min: 0, max: 300 }) }),
  { minLength: 1, maxLength: 5 },
)
const open = fc
  .record({
    startRate: fc.integer({ min: 0, max: 300 }),
    startMs: fc.integer({ min: 0, max: 5_000 }),
    stages,
  })
  .map((shape): OpenWorkload => ({ executor: 'ramping-arrival-rate', ...shape }))

describe('arrivalTime', () => {
  it('spaces a constant rate evenly, the first at the start', () => {
    const workload: OpenWorkload = {
      executor: 'constant-arrival-rate',
      startMs: 500,
      startRate: 4,
      stages: [{ durationMs: 1_000, target: 4 }],
    }
    expect([0, 1, 2, 3, 4].map((n) => arrivalTime(workload, n))).toEqual([500, 750, 1_000, 1_250, undefined])
    expect(arrivalCount(workload)).toBe(4)
  })

  it('follows a ramp: the n-th arrival is due when the area under the rate is n', () => {
    // 0 → 10/s over 2 s: N(t) = 2.5 t², so arrival n is due at √(n / 2.5) s.
    const workload: OpenWorkload = {
      executor: 'ramping-arrival-rate',
      startMs: 0,
      startRate: 0,
      stages: [{ durationMs: 2_000, target: 10 }],
    }
    for (let n = 0; n < 10; n++) expect(arrivalTime(workload, n)).toBeCloseTo(Math.sqrt(n / 2.5) * 1e3, 6)
    expect(arrivalTime(workload, 10)).toBeUndefined()
  })

  it('jumps over stages without duration and rests in stages without rate', () => {
    const workload: OpenWorkload = {
      executor: 'ramping-arrival-rate',
      startMs: 0,
      startRate: 0,
      stages: [
        { durationMs: 1_000, target: 0 },
        { durationMs: 0, target: 2 },
        { durationMs: 1_000, target: 2 },
      ],
    }
    expect([0, 1, 2].map((n) => arrivalTime(workload, n))).toEqual([1_000, 1_500, undefined])
  })

  it('rises with n, stays inside the workload and ends after arrivalCount, for any stages', () => {
    fc.assert(
      fc.property(open, (workload) => {
        const count = arrivalCount(workload)
        const endMs = workload.startMs + workload.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
        let before = workload.startMs
        for (let n = 0; n < count; n++) {
          const atMs = arrivalTime(workload, n) as number
          expect(atMs).toBeGreaterThanOrEqual(before - 1e-6)
          expect(atMs).toBeLessThanOrEqual(endMs + 1e-6)
          before = atMs
        }
        expect(arrivalTime(workload, count)).toBeUndefined()
      }),
    )
  })

  it('plans in every second what the rate integrates to, within one arrival', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 }), (from, to) => {
        const workload: OpenWorkload = {
          executor: 'ramping-arrival-rate',
          startMs: 0,
          startRate: from,
          stages: [{ durationMs: 3_000, target: to }],
        }
        const buckets = [0, 0, 0]
        const count = arrivalCount(workload)
        for (let n = 0; n < count; n++) {
          const second = Math.min(2, Math.floor((arrivalTime(workload, n) as number) / 1e3))
          buckets[second] = (buckets[second] as number) + 1
        }
        for (const [second, planned] of buckets.entries()) {
          const middleRate = from + ((to - from) * (second + 0.5)) / 3
          expect(Math.abs(planned - middleRate)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('activeIntervals', () => {
  it('lets users come in order over the ramp and leave in the opposite order', () => {
    const workload: ClosedWorkload = {
      executor: 'ramping-vus',
      startMs: 0,
      startVus: 0,
      stages: [
        { durationMs: 1_000, target: 4 },
        { durationMs: 1_000, target: 4 },
        { durationMs: 1_000, target: 0 },
      ],
    }
    expect([0, 1, 2, 3, 4].map((rank) => activeIntervals(workload, rank))).toEqual([
      [[0, 3_000]],
      [[250, 2_750]],
      [[500, 2_500]],
      [[750, 2_250]],
      [],
    ])
  })

  it('brings a user back when the stages rise again', () => {
    const workload: ClosedWorkload = {
      executor: 'ramping-vus',
      startMs: 100,
      startVus: 2,
      stages: [
        { durationMs: 1_000, target: 0 },
        { durationMs: 1_000, target: 2 },
      ],
    }
    expect(activeIntervals(workload, 1)).toEqual([
      [100, 600],
      [1_600, 2_100],
    ])
  })

  it('has as many users active at any moment as vusAt wants, for any stages', () => {
    const closed = fc
      .record({
        startVus: fc.integer({ min: 0, max: 30 }),
        startMs: fc.integer({ min: 0, max: 500 }),
        stages: fc.array(
          fc.record({
            durationMs: fc.integer({ min: 1, max: 2_000 }),
            target: fc.integer({ min: 0, max: 30 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
      })
      .map((shape): ClosedWorkload => ({ executor: 'ramping-vus', ...shape }))
    fc.assert(
      fc.property(closed, fc.double({ min: 0, max: 1, noNaN: true }), (workload, share) => {
        const endMs = workload.startMs + workload.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
        const atMs = endMs * share
        const active = Array.from({ length: 31 }, (_, rank) => activeIntervals(workload, rank)).filter(
          (intervals) => intervals.some(([fromMs, toMs]) => atMs >= fromMs && atMs < toMs),
        ).length
        // Rank r is wanted while the level is above r, so a level of 3.2 has ranks 0, 1, 2, 3.
        expect(Math.abs(active - vusAt(workload, atMs))).toBeLessThanOrEqual(1)
      }),
    )
  })
})
