import { describe, expect, it } from 'vitest'
import { completeScenario, type Overrides } from '../../src/scenario/complete.ts'
import { readScenario } from '../../src/scenario/read.ts'
import type { Scenario, ScenarioInput } from '../../src/scenario/scenario.ts'
import { activeFromMs, measuredFromMs, steadyStretch } from '../../src/scenario/span.ts'

const users = { executor: 'constant-vus', vus: 10, duration: '20s' } as const
const say = { executor: 'constant-arrival-rate', startTime: '2s', duration: '12s', rate: 5 } as const

function complete(input: Partial<ScenarioInput>, overrides: Partial<Overrides> = {}): Scenario | string[] {
  return completeScenario({ users, activities: { say }, ...input }, 'x', 'x.yaml', { env: {}, ...overrides })
}

function scenarioOf(input: Partial<ScenarioInput>, overrides: Partial<Overrides> = {}): Scenario {
  const scenario = complete(input, overrides)
  if (Array.isArray(scenario)) throw new Error(scenario.join('; '))
  return scenario
}

describe('the warm-up of a scenario', () => {
  it('begins with the first activity, and what is measured where it ends', () => {
    const later = { ...say, startTime: '5s', exec: 'say' }
    const scenario = scenarioOf({ activities: { later, say }, warmUp: '3s' })
    expect([activeFromMs(scenario), measuredFromMs(scenario)]).toEqual([2_000, 5_000])
  })

  it('is none by default', () => {
    expect(measuredFromMs(scenarioOf({}))).toBe(2_000)
    expect(measuredFromMs(scenarioOf({ activities: {} }))).toBe(0)
  })

  it('stretches with the timeline', () => {
    const scenario = scenarioOf({ warmUp: '3s' }, { durationMs: 40_000 })
    expect([scenario.warmUpMs, measuredFromMs(scenario)]).toEqual([6_000, 10_000])
  })

  it.each([
    ['11999ms', undefined],
    ['12s', 'warmUp: of 12 s leaves nothing of what the activities do'],
    ['1h', 'warmUp: of 3600 s leaves nothing of what the activities do'],
  ])('of %s leaves something or is refused', (warmUp, problem) => {
    const found = complete({ warmUp })
    expect(Array.isArray(found) ? found : undefined).toEqual(problem === undefined ? undefined : [problem])
  })

  it('is refused where nobody does anything', () => {
    expect(complete({ activities: {}, warmUp: '1s' })).toEqual([
      'warmUp: of 1 s leaves nothing of what the activities do',
    ])
  })
})

describe('whether the load follows the number of users', () => {
  it.each([
    [{ ...say }, false],
    [{ executor: 'constant-arrival-rate', duration: '5s', ratePerUser: 0.1 }, true],
    [{ executor: 'ramping-arrival-rate', stages: [{ duration: '5s', target: 3 }] }, false],
    [{ executor: 'ramping-arrival-rate', perUser: true, stages: [{ duration: '5s', target: 3 }] }, true],
    [{ executor: 'constant-vus', vus: 2, duration: '5s', thinkTime: 1 }, true],
  ] satisfies [NonNullable<ScenarioInput['activities']>[string], boolean][])(
    'of %j is %s',
    (activity, follows) => {
      const [found] = scenarioOf({ activities: { a: { ...activity, exec: 'say' } } }).activities
      expect(found?.followsUsers).toBe(follows)
    },
  )
})

describe('the steady stretch of a plan', () => {
  it.each([
    ['scenarios/steady.ts', [11_000, 28_000]],
    // Calm for 8 s, the spike for 10 s, calm again for 12 s.
    ['scenarios/spike.ts', [31_000, 43_000]],
    ['scenarios/soak.ts', [130_000, 3_550_000]],
    ['scenarios/typing-storm.ts', [9_000, 24_000]],
  ])('of %s is %j', async (file, stretch) => {
    const scenario = await readScenario(file, { env: {} })
    const found = steadyStretch(scenario)
    expect([found?.fromMs, found?.toMs]).toEqual(stretch)
  })

  it('is where no other activity begins, ends or changes its pace', () => {
    const stages = [
      { duration: '2s', target: 1 },
      { duration: '1s', target: 3 },
    ]
    const hop = { executor: 'ramping-arrival-rate', startTime: '4s', startRate: 1, stages } as const
    expect(steadyStretch(scenarioOf({ activities: { say, hop } }))).toEqual({
      fromMs: 7_000,
      toMs: 14_000,
    })
  })

  it('goes on over borders at which nothing changes', () => {
    const stages = [
      { duration: '4s', target: 10 },
      { duration: '5s', target: 10 },
      { duration: '3s', target: 10 },
      { duration: '2s', target: 4 },
    ]
    const scenario = scenarioOf({
      users: { executor: 'ramping-vus', stages },
      activities: { say: { ...say, startTime: '3s', duration: '20s' } },
    })
    expect(steadyStretch(scenario)).toEqual({ fromMs: 4_000, toMs: 12_000 })
  })

  it('is none where the load changes all the time, or nothing is done', () => {
    const stages = [{ duration: '20s', target: 10 }]
    expect(steadyStretch(scenarioOf({ users: { executor: 'ramping-vus', stages } }))).toBeUndefined()
    expect(steadyStretch(scenarioOf({ activities: {} }))).toBeUndefined()
  })
})
