import { describe, expect, it } from 'vitest'
import { guessedTruth, stepsAhead, stepsFromStart } from '../../src/capacity/forecast.ts'
import { type Objective } from '../../src/capacity/objective.ts'
import { confirmingLength } from '../../src/capacity/step-length.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { objective, P99, search, step } from './searching.ts'

describe('the forecast', () => {
  const settings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null } as const

  /** A step of 30 s at a load of 100 with so many samples of each objective. */
  function counted(objectives: readonly Objective[], counts: readonly (number | null)[]): CapacityStep {
    const made = step('ramp', 100, 'pass', undefined, objectives)
    return { ...made, objectives: made.objectives.map((row, i) => ({ ...row, count: counts[i] ?? null })) }
  }

  it('counts the steps that the search itself would make', () => {
    const { steps } = search(settings, (load) => ({ outcome: load <= 300 ? 'pass' : 'fail' }))
    expect(stepsAhead(settings, [], 300)).toBe(steps.length)
    expect(stepsAhead(settings, steps.slice(0, 5), 300)).toBe(steps.length - 5)
    expect(stepsAhead(settings, steps, 300)).toBe(0)
    const { fewest, most } = stepsFromStart(settings)
    expect(fewest).toBeGreaterThan(8)
    expect(most).toBeGreaterThan(fewest)
    expect(most).toBeLessThan(25)
  })

  it('guesses the truth between what passed and what failed', () => {
    expect(guessedTruth(settings, [])).toBe(200)
    expect(guessedTruth(settings, [step('ramp', 100, 'pass')])).toBe(200)
    expect(guessedTruth(settings, [step('ramp', 100, 'pass'), step('ramp', 400, 'fail')])).toBe(200)
    expect(guessedTruth({ ...settings, mostLoad: 120 }, [step('ramp', 100, 'pass')])).toBe(120)
  })

  it('makes the steps that confirm longer where percentiles need more samples, and the budget has room', () => {
    const measured = counted([P99], [1_500])
    const length = (load: number, budgetSeconds: number | null = null) =>
      confirmingLength([measured], [P99], load, { baseSeconds: 30, budgetSeconds })
    expect([100, 200, 10].map((load) => length(load).seconds)).toEqual([60, 30, 120])
    expect([720, 300].map((budget) => length(100, budget).seconds)).toEqual([40, 30])
    expect(confirmingLength([], [P99], 100, { baseSeconds: 30, budgetSeconds: null }).seconds).toBe(30)
    // 600 s would be needed at a tenth of the load, 60 s at the same.
    expect([length(100), length(10), length(100, 720)].map(({ short }) => short)).toEqual([[], [P99], [P99]])
  })

  it('makes them as long as the objective wants that wants most, in whatever order they stand', () => {
    const rate = objective('http_req_failed:rate<0.001')
    const calls = objective('http_req_duration:p(99)<100')
    const length = (objectives: Objective[], counts: (number | null)[]) =>
      confirmingLength([counted(objectives, counts)], objectives, 100, {
        baseSeconds: 30,
        budgetSeconds: null,
      })
    expect(length([rate, P99], [null, 1_500]).seconds).toBe(60)
    expect(length([P99, calls], [30_000, 1_000])).toEqual({ seconds: 90, short: [] })
    expect(length([P99, calls], [30_000, 500])).toEqual({ seconds: 120, short: [calls] })
  })
})
