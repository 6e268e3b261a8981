import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalOf, planRooms, rankOf } from '../../src/engine/plan.ts'
import { completeScenario } from '../../src/scenario/complete.ts'
import type { Scenario, ScenarioInput } from '../../src/scenario/scenario.ts'
import { activeIntervals, type ClosedWorkload } from '../../src/scenario/workload.ts'

function scenarioOf(input: Partial<ScenarioInput>, users = 100, seed = 1): Scenario {
  const whole = {
    users: { executor: 'constant-vus', vus: users, duration: '10s' },
    seed,
    ...input,
  } as ScenarioInput
  const completed = completeScenario(whole, 'test', 'test', { env: {} })
  if (Array.isArray(completed)) throw new Error(completed.join('\n'))
  return completed
}

describe('planRooms', () => {
  it('puts every user into exactly perUser different rooms of the wanted size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(99),
        (users, perUser, size, seed) => {
          const rooms = planRooms(scenarioOf({ rooms: { perUser, size } }, users, seed), 1)
          const seats = new Map<number, Set<number>>()
          for (const [room, members] of rooms.entries()) {
            expect(members.length).toBeLessThanOrEqual(size)
            for (const user of members) seats.set(user, (seats.get(user) ?? new Set()).add(room))
          }
          expect([...seats.values()].every((own) => own.size === perUser)).toBe(true)
          expect(seats.size).toBe(users)
          expect(rooms.reduce((sum, members) => sum + members.length, 0)).toBe(users * perUser)
          expect(rooms.filter((members) => members.length < size).length).toBeLessThanOrEqual(perUser)
        },
      ),
    )
  })

  it('repeats with the seed and changes with it', () => {
    const planned = (seed: number): string =>
      JSON.stringify(planRooms(scenarioOf({}, 100, seed), 1).map((members) => [...members]))
    expect(planned(7)).toBe(planned(7))
    expect(planned(7)).not.toBe(planned(8))
  })

  it('keeps a room on one worker when asked to', () => {
    const rooms = planRooms(scenarioOf({ rooms: { perUser: 2, size: 7, placement: 'affine' } }, 101), 4)
    for (const members of rooms) expect(new Set([...members].map((user) => user % 4)).size).toBe(1)
    expect(rooms.reduce((sum, members) => sum + members.length, 0)).toBe(202)
  })

  it('has one room of everybody for size all', () => {
    expect(
      planRooms(scenarioOf({ rooms: { perUser: 1, size: 'all' } }, 50), 1).map((members) => members.length),
    ).toEqual([50])
  })

  it('draws Zipf sizes between min and max, small ones more often', () => {
    const rooms = planRooms(
      scenarioOf({ rooms: { perUser: 3, size: { zipf: { exponent: 2, min: 2, max: 50 } } } }, 4_000),
      1,
    )
    const sizes = rooms.map((members) => members.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50)
    // P(2) of the inverted power law s^-2 on [2, 51) is (1/2 − 1/3) / (1/2 − 1/51) ≈ 0.347.
    expect(sizes.filter((size) => size === 2).length / sizes.length).toBeCloseTo(0.347, 1)
  })
})

describe('the plan cut into shards', () => {
  const activities = {
    constant: { executor: 'constant-arrival-rate', rate: 13, duration: '10s', exec: { say: 3, type: 1 } },
    ramping: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      stages: [
        { duration: '4s', target: 30 },
        { duration: '6s', target: 5 },
      ],
      exec: 'say',
    },
  } satisfies ScenarioInput['activities']

  it('adds up to exactly the plan of one, for 1 to 16 shards and every open executor', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 120 }),
        fc.nat(1_000),
        (shards, users, seed) => {
          const scenario = scenarioOf({ activities }, users, seed)
          for (const [ordinal, activity] of scenario.activities.entries()) {
            const whole: string[] = []
            const parts: string[] = []
            for (let n = 0; ; n++) {
              const arrival = arrivalOf(scenario, activity, ordinal, n)
              if (arrival === undefined) break
              whole.push(JSON.stringify(arrival))
            }
            for (let shard = 0; shard < shards; shard++) {
              for (let n = 0; n < whole.length; n++) {
                const arrival = arrivalOf(scenario, activity, ordinal, n)
                if (arrival !== undefined && arrival.user % shards === shard)
                  parts.push(JSON.stringify(arrival))
              }
            }
            expect(parts.toSorted()).toEqual(whole.toSorted())
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('has every user of a closed activity in one shard, with the same intervals', () => {
    const closed = {
      steady: { executor: 'constant-vus', vus: 20, duration: '10s', exec: 'say' },
      wave: {
        executor: 'ramping-vus',
        stages: [
          { duration: '5s', target: 60 },
          { duration: '5s', target: 0 },
        ],
        exec: 'say',
      },
    } satisfies ScenarioInput['activities']
    const scenario = scenarioOf({ activities: closed }, 75)
    for (const [ordinal, { workload }] of scenario.activities.entries()) {
      const ranks = Array.from({ length: 75 }, (_, user) => rankOf(scenario, ordinal, user))
      expect(ranks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 75 }, (_, rank) => rank))
      const active = ranks.filter(
        (rank) => activeIntervals(workload as ClosedWorkload, rank).length > 0,
      ).length
      expect(active).toBe(ordinal === 0 ? 20 : 60)
    }
  })

  it('asks every user once before it asks anyone twice', () => {
    const scenario = scenarioOf({ activities }, 37)
    const activity = scenario.activities[0] as Scenario['activities'][number]
    const asked = Array.from({ length: 74 }, (_, n) => arrivalOf(scenario, activity, 0, n)?.user)
    expect(new Set(asked.slice(0, 37)).size).toBe(37)
    expect(asked.slice(37)).toEqual(asked.slice(0, 37))
  })

  it('gives each name its share of the arrivals', () => {
    const scenario = scenarioOf({
      activities: {
        mix: { executor: 'constant-arrival-rate', rate: 400, duration: '10s', exec: { say: 3, type: 1 } },
      },
    })
    const activity = scenario.activities[0] as Scenario['activities'][number]
    const said = Array.from({ length: 4_000 }, (_, n) => arrivalOf(scenario, activity, 0, n)?.exec).filter(
      (exec) => exec === 'say',
    )
    expect(said.length / 4_000).toBeCloseTo(0.75, 1)
  })
})
