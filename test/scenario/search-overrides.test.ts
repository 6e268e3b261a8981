import { describe, expect, it } from 'vitest'
import { completeScenario, type Overrides } from '../../src/scenario/complete.ts'
import type { Scenario, ScenarioInput } from '../../src/scenario/scenario.ts'
import { arrivalCount, type OpenWorkload } from '../../src/scenario/workload.ts'

const INPUT: ScenarioInput = {
  users: { executor: 'constant-vus', vus: 100, duration: '30s' },
  activities: {
    say: { executor: 'constant-arrival-rate', startTime: '5s', duration: '20s', ratePerUser: 0.1 },
    hop: { executor: 'constant-vus', vus: 2, startTime: '5s', duration: '20s', thinkTime: 1 },
  },
  thresholds: {
    message_delivery: [{ threshold: 'p(99)<250', abortOnFail: true }],
    message_last_delivery: ['p(99)<500'],
  },
}

function completed(overrides: Partial<Overrides>, input = INPUT): Scenario {
  const scenario = completeScenario(input, 'made-up', 'made-up.yaml', { env: {}, ...overrides })
  if (Array.isArray(scenario)) throw new Error(scenario.join('; '))
  return scenario
}

const workload = (scenario: Scenario, i = 0): OpenWorkload => scenario.activities[i]?.workload as OpenWorkload

describe('what a search changes in a scenario', () => {
  it('replaces all thresholds, and the lateness that is allowed follows them', () => {
    const { thresholds, validity } = completed({
      thresholds: [
        { metric: 'message_delivery', expression: 'p(99)<50' },
        { metric: 'http_req_failed', expression: 'count==0' },
      ],
    })
    expect(thresholds.map(({ expression, abortOnFail }) => [expression, abortOnFail])).toEqual([
      ['p(99)<50', false],
      ['count==0', false],
    ])
    expect(validity.latenessMs).toBe(2.5)
    expect(completed({}).validity.latenessMs).toBe(12.5)
    expect(completed({}).thresholds[0]?.abortOnFail).toBe(true)
  })

  it('says which of them is none', () => {
    const problems = completeScenario(INPUT, 'x', 'x', {
      env: {},
      thresholds: [{ metric: 'message_delivery', expression: 'p99<5' }],
    })
    expect(problems).toEqual([expect.stringMatching(/^objective message_delivery: "p99<5" is not/)])
  })

  it('multiplies the rates of open activities and leaves users and closed ones alone', () => {
    const faster = completed({ rateFactor: 2.5 })
    expect(workload(faster)).toMatchObject({ startRate: 25, stages: [{ durationMs: 20_000, target: 25 }] })
    expect(faster.userCount).toBe(100)
    expect(faster.activities[1]).toEqual(completed({}).activities[1])
  })

  it('gives open activities a course of their own, in shares of their highest rate', () => {
    const scenario = completed({
      rateFactor: 2,
      stages: [
        { durationMs: 5_000, target: 100 },
        { durationMs: 60_000, target: 100 },
      ],
      rateCourse: [
        { durationMs: 10_000, target: 1 },
        { durationMs: 0, target: 0.25 },
        { durationMs: 10_000, target: 0.25 },
      ],
    })
    expect(workload(scenario)).toEqual({
      executor: 'ramping-arrival-rate',
      startMs: 5_000,
      startRate: 20,
      stages: [
        { durationMs: 10_000, target: 20 },
        { durationMs: 0, target: 5 },
        { durationMs: 10_000, target: 5 },
      ],
    })
    expect(arrivalCount(workload(scenario))).toBe(250)
    expect(scenario.durationMs).toBe(65_000)
  })

  it('lets the target settle where the scenario has no warm-up', () => {
    expect(completed({ settleMs: 4_000 }).warmUpMs).toBe(4_000)
    expect(completed({ settleMs: 4_000 }, { ...INPUT, warmUp: '2s' }).warmUpMs).toBe(2_000)
  })

  it('lets users do nothing', () => {
    const idle = completed({ isIdle: true, settleMs: 4_000 })
    expect(idle.activities).toEqual([])
    expect([idle.userCount, idle.durationMs, idle.warmUpMs]).toEqual([100, 30_000, 0])
  })
})
