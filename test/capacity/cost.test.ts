import { describe, expect, it } from 'vitest'
import { costOf } from '../../src/capacity/cost.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { step, use } from './searching.ts'

describe('the cost', () => {
  const passed = (users: number, cores: number, deliveries: number, memoryBytes: number): CapacityStep => {
    const made = step('ramp', users, 'pass')
    const resources = [
      use('api', cores / 2, { memoryBytes }),
      use('broker', cores / 2, { memoryBytes: 0 }),
      use('generator', 9),
    ]
    return { ...made, resources, achieved: { ...made.achieved, deliveriesPerSecond: deliveries } }
  }

  it('is the target’s processor time over its deliveries, the median of steps that held', () => {
    const steps = [passed(100, 0.1, 1_000, 1e6), passed(200, 0.24, 2_000, 2e6), passed(300, 9, 3_000, 3e6)]
    const failed = { ...passed(400, 50, 10, 9e6), outcome: 'fail' as const }
    const cost = costOf(
      [...steps, failed],
      [{ users: 500, resources: [use('api', 0.015), use('broker', 0.005), use('machine', 3)] }],
    )
    expect(cost.cpuSecondsPer1000Deliveries).toBeCloseTo(0.12, 9)
    expect(cost.cpuCoresPer1000IdleUsers).toBeCloseTo(0.04, 9)
    expect(cost.memoryBytesPer1000Users).toBeCloseTo(1e7, 0)
  })

  it('is not known where the target was not seen, and memory not with fewer than three loads', () => {
    const unseen = { ...passed(100, 1, 1, 1), resources: [use('generator', 1), use('machine', 1)] }
    expect(costOf([unseen], [])).toEqual({
      processes: [],
      cpuSecondsPer1000Deliveries: null,
      cpuCoresPer1000IdleUsers: null,
      memoryBytesPer1000Users: null,
    })
    expect(costOf([passed(1, 1, 1, 1e6), passed(2, 1, 1, 2e6)], []).memoryBytesPer1000Users).toBeNull()
  })

  it('leaves out steps that outlast the search or change the target: a soak that leaks is no user’s memory', () => {
    const steps = [
      passed(100, 0.1, 1_000, 60e6),
      passed(160, 0.16, 1_600, 66e6),
      passed(256, 0.256, 2_560, 75.6e6),
    ]
    const after = (['soak', 'overload', 'recover'] as const).map((phase) => ({
      ...passed(200, 5, 1_000, 400e6),
      phase,
    }))
    expect(costOf([...steps, ...after], [])).toEqual(costOf(steps, []))
    expect(costOf(steps, []).memoryBytesPer1000Users).toBeCloseTo(1e8, 0)
  })

  it('says whose it is, and nothing of processor time where a part of the target does not tell', () => {
    const steps = [100, 200, 300].map((users) => passed(users, 0.1, 1_000, users * 1e4))
    expect(costOf(steps, []).processes).toEqual(['api', 'broker'])
    const toldOnly = { ...use('broker', 0, { memoryBytes: 5e6 }), cores: 0 }
    const remote = steps.map((made) => ({
      ...made,
      resources: made.resources.map((each) => (each.name === 'broker' ? toldOnly : each)),
    }))
    expect(costOf(remote, [])).toMatchObject({
      processes: ['api', 'broker'],
      cpuSecondsPer1000Deliveries: null,
      memoryBytesPer1000Users: expect.closeTo(1e7, 0) as number,
    })
    // A broker that tells of its limits alone is counted by another name.
    const limits = { ...toldOnly, memoryBytes: null }
    const renamed = steps.map((made) => ({
      ...made,
      resources: [
        ...made.resources.map((each) => (each.name === 'broker' ? { ...each, name: 'rabbit' } : each)),
        limits,
      ],
    }))
    expect(costOf(renamed, [])).toEqual({ ...costOf(steps, []), processes: ['api', 'rabbit'] })
  })

  it('leaves out a step in which one of the processes was not seen', () => {
    const [first, second] = [passed(100, 0.1, 1_000, 1e6), passed(200, 0.2, 1_000, 2e6)]
    const half = { ...second, resources: second.resources.filter(({ name }) => name !== 'broker') }
    expect(costOf([first, half, half], []).cpuSecondsPer1000Deliveries).toBeCloseTo(0.1, 9)
  })
})
