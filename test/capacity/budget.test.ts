import { describe, expect, it } from 'vitest'
import { bracketOf, undecidedOf } from '../../src/capacity/bracket.ts'
import { nextMove } from '../../src/capacity/search.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { budgetedSearch } from './collapsing.ts'
import { broken, ENDLESS, objective, P99, repeats, SETTINGS, step } from './searching.ts'

describe('the budget of a search', () => {
  const within = (steps: readonly CapacityStep[], count: number) =>
    nextMove(SETTINGS, steps, { secondsLeft: 30 * count, secondsPerStep: 30 })
  const climbed = [step('ramp', 100, 'pass'), step('ramp', 160, 'pass'), step('ramp', 256, 'fail')]

  it('ends a search that has no time for its first step', () => {
    expect(within([], 0.9)).toEqual({
      kind: 'end',
      why: 'budget',
      open: ['no load was found that does not hold'],
    })
  })

  it('keeps three steps to verify what the ramp reached, and one to refute what comes above', () => {
    const passed = climbed.slice(0, 2)
    expect(within(passed, 5)).toMatchObject({ phase: 'ramp', load: 256 })
    expect(within(passed, 4)).toMatchObject({ phase: 'verify', load: 160 })
  })

  it('looks above what is verified as long as there are two steps, and says then that nothing was found', () => {
    const verified = [...climbed.slice(0, 2), ...repeats('verify', 160, [100, 100, 100])]
    expect(within(verified, 2)).toMatchObject({ phase: 'ramp', load: 256 })
    expect(within(verified, 1)).toEqual({
      kind: 'end',
      why: 'budget',
      open: ['no load was found that does not hold'],
    })
    expect(bracketOf(verified, [P99], 'budget')).toMatchObject({
      verified: 160,
      refuted: null,
      outcome: 'undecided',
    })
  })

  it('keeps six steps to confirm what the bisection found', () => {
    expect(within(climbed, 7)).toMatchObject({ phase: 'bisect', load: 202 })
    expect(within(climbed, 6)).toMatchObject({ phase: 'verify', load: 160 })
  })

  const collapsed = [...climbed.slice(0, 2), broken(256)]

  it('keeps three more where something broke or said nothing: chance will have it that repeats do, too', () => {
    // Three to verify and two to refute what broke down once already.
    expect(within(collapsed, 9)).toMatchObject({ phase: 'bisect', load: 202 })
    expect(within(collapsed, 8)).toMatchObject({ phase: 'verify', load: 160 })
    const unfit = [step('ramp', 80, 'generator'), ...climbed]
    expect(within(unfit, 10)).toMatchObject({ phase: 'bisect', load: 202 })
    expect(within(unfit, 9)).toMatchObject({ phase: 'verify', load: 160 })
  })

  it('goes down by strides where time is tight, to what held or half-way there', () => {
    const down = (...loads: number[]): CapacityStep[] => [
      ...collapsed,
      ...loads.map((load) => ({ ...broken(load), phase: 'verify' as const })),
    ]
    expect(within(down(160), 6)).toMatchObject({ phase: 'verify', load: 126 })
    expect(within(down(160, 126), 5)).toMatchObject({ phase: 'verify', load: 100 })
    // With time enough by the fine grid.
    expect(nextMove(SETTINGS, down(160), ENDLESS)).not.toMatchObject({ phase: 'verify', load: 126 })
  })

  it('asks for no single step more of a load that broke down: a repeat counts', () => {
    const eased = (load: number): CapacityStep => step('ramp', load, 'pass', 20)
    const next = (last: CapacityStep) => nextMove(SETTINGS, [eased(100), eased(230), last], ENDLESS)
    expect(next(step('ramp', 256, 'fail'))).toMatchObject({ phase: 'bisect', load: 256 })
    expect(next(broken(256))).toMatchObject({ phase: 'bisect', load: 243 })
  })

  it('verifies before it refutes where there is no time for both', () => {
    const begun = [...climbed, ...repeats('verify', 160, [100])]
    expect(within(begun, 5)).toMatchObject({ phase: 'refute', load: 256 })
    expect(within(begun, 4)).toMatchObject({ phase: 'verify', load: 160 })
  })

  it('leaves what time there is to the upper end once the lower one is verified', () => {
    const verified = [
      broken(256),
      step('ramp', 100, 'pass'),
      step('bisect', 160, 'fail', 300),
      ...repeats('verify', 100, [100, 100, 100]),
      ...repeats('refute', 160, [180, 240]),
    ]
    expect(within(verified, 3)).toMatchObject({ phase: 'refute', load: 256 })
  })

  it('goes on to narrow a bracket that stands where there is time to move an end', () => {
    const bracketed = [...collapsed, ...repeats('verify', 160, [100, 100, 100]), broken(256, 'refute')]
    expect(within(bracketed, 4)).toMatchObject({ phase: 'bisect', load: 202 })
    expect(within(bracketed, 3.9)).toMatchObject({ kind: 'end', why: 'found' })
  })

  it('keeps steps to spare as well where what broke is an objective of its own', () => {
    const objectives = [P99, objective('deliveries_lost:count<5')]
    const lost = step('ramp', 256, 'fail', 20, objectives)
    const rows = lost.objectives.map((row, i) => ({ ...row, status: i === 1 ? 'fail' : 'pass' }) as const)
    const steps = [...climbed.slice(0, 2), { ...lost, objectives: rows }]
    const next = (count: number) =>
      nextMove({ ...SETTINGS, objectives }, steps, { secondsLeft: 30 * count, secondsPerStep: 30 })
    expect(next(9)).toMatchObject({ phase: 'bisect' })
    expect(next(8)).toMatchObject({ phase: 'verify' })
  })

  it('says which repeats are missing', () => {
    const begun = [...climbed, ...repeats('verify', 160, [100, 100]), ...repeats('refute', 256, [500])]
    expect(within(begun, 0.5)).toEqual({
      kind: 'end',
      why: 'budget',
      open: [
        '160 users were not verified: 2 of 3 to 5 repeats were made',
        '256 users were not refuted: 1 of 3 to 5 repeats were made',
      ],
    })
  })

  it('calls a bracket wide that bisection had no time to narrow', () => {
    const bracket = {
      verified: 160,
      repeats: 3,
      refuted: 256,
      refutedRepeats: 3,
      outcome: 'bracketed',
    } as const
    expect(undecidedOf(bracket, 'found', [])).toEqual([
      'the bracket is 60 % wide: neither was what lies between confirmed nor refuted',
    ])
    expect(undecidedOf({ ...bracket, refuted: 175 }, 'found', [])).toEqual([])
  })
})

describe('searches within a budget', () => {
  const searches = Array.from({ length: 300 }, (_, n) =>
    budgetedSearch(n + 1, { breaksAt: 3_200, spread: 0.12 }, 600),
  )

  it('finds both ends within ten minutes in more than half of the searches of a target that breaks down by chance', () => {
    const both = searches.filter(({ verified, refuted }) => verified !== undefined && refuted !== undefined)
    expect(both.length).toBeGreaterThan(150)
    const verified = searches.filter((each) => each.verified !== undefined)
    expect(verified.length).toBeGreaterThan(240)
  })

  it('verifies no load at which half of the runs break down, but by chance', () => {
    // All of at least four runs at such a load have to hold: one in sixteen.
    expect(searches.filter(({ verified = 0 }) => verified >= 3_200).length).toBeLessThan(300 / 16)
  })

  it('finds both ends nearly always where there is time for it', () => {
    const found = Array.from({ length: 100 }, (_, n) =>
      budgetedSearch(n + 1, { breaksAt: 3_200, spread: 0.12 }, 1_800),
    ).filter(({ verified, refuted }) => verified !== undefined && refuted !== undefined)
    expect(found.length).toBeGreaterThanOrEqual(90)
  })
})
