import { describe, expect, it } from 'vitest'
import { type Second, timelineOf } from '../../src/engine/timeline.ts'
import { arrivalTime } from '../../src/scenario/workload.ts'
import type { ScenarioInput } from '../../src/scenario/scenario.ts'
import { scenarioOf, secondsOf } from './evidence.ts'

const quiet = secondsOf(Array.from({ length: 14 }, () => ({})))

/** A second in which these errors came, by class. */
function failing(second: Second, errors: Record<string, number>): Second {
  const found = Object.entries(errors).map(([name, count]) => ({
    class: name,
    count,
    firstAtMs: 0,
    example: '',
  }))
  return { ...second, findings: { rules: [], errors: found } }
}

describe('the timeline’s planned starts', () => {
  it.each<[string, ScenarioInput['activities']]>([
    [
      'a constant rate',
      { say: { executor: 'constant-arrival-rate', startTime: '1500ms', duration: '9s', rate: 7 } },
    ],
    [
      'ramps',
      {
        say: {
          executor: 'ramping-arrival-rate',
          startRate: 3,
          stages: [
            { duration: '3700ms', target: 20 },
            { duration: '0s', target: 5 },
            { duration: '4s', target: 5 },
          ],
        },
      },
    ],
  ])('are the arrivals of %s, second by second', (_, activities) => {
    const scenario = scenarioOf({ activities })
    const expected = quiet.map(() => 0)
    for (const { workload } of scenario.activities) {
      if (!('startRate' in workload)) continue
      for (let n = 0; arrivalTime(workload, n) !== undefined; n++) {
        const second = Math.floor((arrivalTime(workload, n) as number) / 1e3)
        expected[second] = (expected[second] ?? 0) + 1
      }
    }
    expect(Math.max(...expected)).toBeGreaterThan(6)
    expect(timelineOf(quiet, scenario).columns['iterations_planned']).toEqual(expected)
  })

  it('are missing where no activity has a rate', () => {
    const scenario = scenarioOf({ activities: { say: { executor: 'constant-vus', duration: '9s', vus: 7 } } })
    expect(Object.keys(timelineOf(quiet, scenario).columns)).not.toContain('iterations_planned')
  })
})

describe('the timeline’s errors', () => {
  it('have a column for each of the six classes seen most, and one for all', () => {
    const [first, second] = quiet as [Second, Second]
    const seconds = [
      failing(first, { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, rare: 1 }),
      failing(second, { a: 9, rarer: 1 }),
    ]
    const { columns } = timelineOf(seconds, scenarioOf())
    expect(columns['errors']).toEqual([22, 10])
    const byClass = Object.entries(columns).filter(([name]) => name.startsWith('errors{'))
    expect(Object.fromEntries(byClass)).toEqual({
      'errors{class:a}': [1, 9],
      'errors{class:f}': [6, 0],
      'errors{class:e}': [5, 0],
      'errors{class:d}': [4, 0],
      'errors{class:c}': [3, 0],
      'errors{class:b}': [2, 0],
    })
    expect(byClass.map(([name]) => name)[0]).toBe('errors{class:a}')
  })
})
