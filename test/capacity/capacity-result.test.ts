import { describe, expect, it } from 'vitest'
import { capacityResult } from '../../src/capacity/capacity-result.ts'
import { healthyResult } from '../report/fixture.ts'
import { P99, search } from './searching.ts'

describe('the result of a search', () => {
  it('puts it all together', () => {
    const settings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null } as const
    const p99 = (load: number): number => 100 * Math.exp((load - 200) / 100)
    const { steps } = search(settings, (load) => ({
      outcome: p99(load) < 250 ? 'pass' : 'fail',
      observed: p99(load),
    }))
    const result = capacityResult({
      run: {
        id: 'x',
        startedAt: '',
        endedAt: '',
        durationSeconds: 1,
        tags: {},
        command: 'stompede capacity',
      },
      plan: {
        scenario: 's',
        description: '',
        source: 's.ts',
        seed: 1,
        hash: '5f0c9a7e21b4d836',
        unit: 'users',
        objectives: [P99.text],
        stepSeconds: 30,
        budgetSeconds: null,
        startLoad: 100,
        plannedLoad: 144,
      },
      environment: healthyResult().environment,
      calibration: null,
      steps,
      objectives: [P99],
      idle: [],
      ending: 'found',
      open: [],
      soak: null,
      overload: null,
      random: () => 0.5,
    })
    // p99 crosses 250 ms at 200 + 100 ln 2.5 = 291.6.
    expect(result.bracket).toMatchObject({ verified: 288, refuted: 305, outcome: 'bracketed' })
    expect(result.estimate?.load).toBeGreaterThan(288)
    expect(result.estimate?.load).toBeLessThan(295)
    expect(result.maxThroughput).toEqual({ load: 410, deliveriesPerSecond: 4_100 })
    expect(result.headroom?.rating).toBe('ample')
    expect(result.verdict.exitCode).toBe(0)
    expect(result.run).toMatchObject({ kind: 'capacity', isPartial: false, stoppedBy: 'plan' })
    expect(result.undecided).toEqual([])
  })
})
