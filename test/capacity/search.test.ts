import { describe, expect, it } from 'vitest'
import { bracketOf, undecidedOf } from '../../src/capacity/bracket.ts'
import { asLoad } from '../../src/capacity/loads.ts'
import type { SearchSettings } from '../../src/capacity/move.ts'
import { nextMove } from '../../src/capacity/search.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { uniforms } from './queue.ts'
import { P99, search, step } from './searching.ts'

const SETTINGS: SearchSettings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null }
const ENDLESS = { secondsLeft: Number.POSITIVE_INFINITY, secondsPerStep: 30 }
const holdsUpTo = (truth: number) => (load: number) => ({
  outcome: load <= truth ? ('pass' as const) : ('fail' as const),
})
const loadsOf = (steps: readonly CapacityStep[]): string[] =>
  steps.map(({ phase, load }) => `${phase} ${load}`)
const repeats = (phase: 'verify' | 'refute', load: number, observed: readonly number[]): CapacityStep[] =>
  observed.map((value) => step(phase, load, value < 250 ? 'pass' : 'fail', value))

describe('a search', () => {
  it('climbs by 1.6, halves to 8 %, and confirms both ends by turns', () => {
    const { steps, bracket, why } = search(SETTINGS, holdsUpTo(300))
    expect(loadsOf(steps)).toEqual([
      'ramp 100',
      'ramp 160',
      'ramp 256',
      'ramp 410',
      'bisect 324',
      'bisect 288',
      'bisect 305',
      'verify 288',
      'refute 305',
      'refute 305',
      'verify 288',
      'verify 288',
      'refute 305',
    ])
    expect(bracket).toEqual({
      verified: 288,
      repeats: 3,
      refuted: 305,
      refutedRepeats: 3,
      outcome: 'bracketed',
    })
    expect(why).toBe('found')
  })

  it('takes two strides at once while latencies are at a quarter of their limits or less', () => {
    const p99 = (load: number): number => load / 10
    const { steps } = search(SETTINGS, (load) => ({
      outcome: load <= 2_000 ? 'pass' : 'fail',
      observed: p99(load),
    }))
    expect(loadsOf(steps).slice(0, 5)).toEqual(['ramp 100', 'ramp 256', 'ramp 655', 'ramp 1048', 'ramp 1677'])
  })

  it('goes down where not even the first load holds', () => {
    const { steps, bracket } = search({ ...SETTINGS, startLoad: 1_000 }, holdsUpTo(200))
    expect(loadsOf(steps).slice(0, 3)).toEqual(['ramp 1000', 'ramp 391', 'ramp 153'])
    expect(bracket.verified).toBeLessThanOrEqual(200)
    expect(bracket.refuted).toBeGreaterThan(200)
  })

  it('says that no load was met when none of five holds, and refutes the lowest by repeats', () => {
    const { steps, bracket, why } = search(SETTINGS, () => ({ outcome: 'fail' }))
    expect(loadsOf(steps)).toEqual([
      'ramp 100',
      'ramp 39',
      'ramp 15',
      'ramp 6',
      'ramp 2',
      'refute 2',
      'refute 2',
      'refute 2',
    ])
    expect(why).toBe('unmet')
    expect(bracket).toMatchObject({ verified: null, refuted: 2, refutedRepeats: 3, outcome: 'unmet' })
  })

  it('forgets a failure of the ramp that repeats at its load do not bear out, and looks again above', () => {
    let isFirst = true
    const { steps, bracket } = search(SETTINGS, (load) => {
      if (load === 160 && isFirst) {
        isFirst = false
        return { outcome: 'fail' }
      }
      return holdsUpTo(1_000)(load)
    })
    expect(loadsOf(steps).slice(0, 3)).toEqual(['ramp 100', 'ramp 160', 'bisect 126'])
    expect(bracket.verified).toBeGreaterThan(900)
    expect(bracket.verified).toBeLessThanOrEqual(1_000)
    expect(bracket.refuted).toBeGreaterThan(1_000)
    expect(bracket.refuted).toBeLessThan(1_110)
  })

  it('doubts a single failure close above a load that held with ease, and asks once more', () => {
    const eased = (failures: number) => (load: number) => {
      if (load !== 256 || failures-- <= 0)
        return { outcome: load <= 900 ? 'pass' : 'fail', observed: 20 } as const
      return { outcome: 'fail' } as const
    }
    const doubted = ['ramp 100', 'ramp 256', 'bisect 160', 'bisect 202', 'bisect 256']
    const once = search(SETTINGS, eased(1))
    expect(loadsOf(once.steps).slice(0, 6)).toEqual([...doubted, 'ramp 655'])
    expect(once.bracket.verified).toBeGreaterThan(800)
    const twice = search(SETTINGS, eased(Number.POSITIVE_INFINITY))
    expect(loadsOf(twice.steps).slice(0, 6)).toEqual([...doubted, 'bisect 227'])
    expect(loadsOf(twice.steps).filter((said) => said === 'bisect 256')).toHaveLength(1)
    expect(twice.bracket.refuted).toBe(256)
    // Latencies that near the limit are a reason to believe it.
    const strained = search(SETTINGS, (load) => ({ outcome: load < 256 ? 'pass' : 'fail', observed: load }))
    expect(loadsOf(strained.steps)).not.toContain('bisect 256')
  })

  it('looks above as soon as two repeats contradict a single failure', () => {
    let isFirst = true
    const { steps } = search(SETTINGS, (load) => {
      if (load !== 160 || !isFirst) return holdsUpTo(1_000)(load)
      isFirst = false
      return { outcome: 'fail' }
    })
    const from = loadsOf(steps).findIndex((said) => said.startsWith('ramp 256'))
    expect(
      loadsOf(steps)
        .slice(0, from)
        .filter((said) => said === 'refute 160'),
    ).toHaveLength(2)
    expect(
      loadsOf(steps)
        .slice(0, from)
        .filter((said) => said.startsWith('verify')).length,
    ).toBeLessThan(3)
  })

  it('refutes the next load that failed where the generator cannot tell the lowest one', () => {
    let tries = 0
    const { steps, bracket, why } = search(SETTINGS, (load) => {
      // Of the load in between, nothing can be told but by the first try.
      if (load > 324 && load < 410) return { outcome: tries++ === 0 ? 'fail' : 'generator' }
      return holdsUpTo(330)(load)
    })
    expect(loadsOf(steps).filter((said) => said === 'refute 410')).toHaveLength(3)
    expect(bracket).toMatchObject({ refuted: 410, refutedRepeats: 3, outcome: 'bracketed' })
    expect(bracket.verified).toBeLessThanOrEqual(330)
    expect(why).toBe('found')
  })

  it('ends where a doubted load cannot be measured again', () => {
    let tries = 0
    const { steps, bracket } = search(SETTINGS, (load) => {
      if (load === 256) return { outcome: tries++ === 0 ? 'fail' : 'generator' }
      return load < 256 ? { outcome: 'pass', observed: 20 } : { outcome: 'fail' }
    })
    expect(loadsOf(steps).filter((said) => said === 'bisect 256')).toHaveLength(1)
    expect(bracket.verified).toBeGreaterThan(230)
  })

  it('confirms what there is time for: a lower load whose repeats were begun, where the highest would have too few', () => {
    const steps = [
      step('ramp', 100, 'pass'),
      step('ramp', 160, 'pass'),
      step('ramp', 256, 'fail'),
      step('verify', 100, 'pass'),
    ]
    const next = (count: number) => nextMove(SETTINGS, steps, { secondsLeft: 30 * count, secondsPerStep: 30 })
    expect(next(3)).toEqual({ kind: 'step', phase: 'verify', load: 160 })
    expect(next(2)).toEqual({ kind: 'step', phase: 'verify', load: 100 })
    // Not even that: the highest is begun, and a resumed search goes on with it.
    expect(next(1)).toEqual({ kind: 'step', phase: 'verify', load: 160 })
  })

  it('keeps what time is left for repeats instead of asking again what could not be measured', () => {
    const steps = [step('ramp', 100, 'pass'), step('ramp', 160, 'generator')]
    const left = (count: number) => nextMove(SETTINGS, steps, { secondsLeft: 30 * count, secondsPerStep: 30 })
    expect(left(7)).toEqual({ kind: 'step', phase: 'bisect', load: 126 })
    expect(left(6)).toEqual({ kind: 'step', phase: 'verify', load: 100 })
  })

  it('confirms what passed where no run can be made above, and says why it ends', () => {
    const { steps, bracket, why } = search(SETTINGS, (load) => ({ outcome: load < 250 ? 'pass' : 'fault' }))
    expect(loadsOf(steps).slice(0, 4)).toEqual(['ramp 100', 'ramp 160', 'ramp 256', 'ramp 256'])
    expect(why).toBe('faults')
    expect(bracket.verified).toBeGreaterThan(200)
    const none = [step('ramp', 100, 'fault'), step('ramp', 100, 'fault')].map((each) => ({
      ...each,
      reasons: ['nobody there'],
    }))
    expect(nextMove(SETTINGS, none, ENDLESS)).toEqual({ kind: 'end', why: 'faults', open: ['nobody there'] })
  })

  it('goes down from a first load that held by luck', () => {
    let isFirst = true
    const { bracket, why } = search(SETTINGS, (load) => {
      if (!isFirst) return holdsUpTo(85)(load)
      isFirst = false
      return { outcome: 'pass' }
    })
    expect(why).toBe('found')
    expect(bracket.verified).toBeGreaterThan(75)
    expect(bracket.verified).toBeLessThanOrEqual(85)
    expect(bracket.refuted).toBeGreaterThan(85)
  })

  it('does not call a load unmet that held and could not be measured again', () => {
    const phases: CapacityStep['phase'][] = []
    const { why, bracket } = search(SETTINGS, (load) => {
      if (phases.length > 0) return { outcome: load <= 100 ? 'generator' : 'fail' }
      phases.push('ramp')
      return { outcome: 'pass' }
    })
    expect(bracket.verified).toBeNull()
    expect(why).toBe('generator-limited')
  })

  it('takes a load just below what the generator can do for the last', () => {
    // Every step that holds moves the bound by a little.
    const steps = [step('ramp', 950, 'pass')]
    const move = nextMove({ ...SETTINGS, startLoad: 950, mostLoad: 970 }, steps, ENDLESS)
    expect(move).toMatchObject({ phase: 'verify', load: 950 })
  })

  it('takes a pass for luck where three levels below it are not confirmed, and looks again below', () => {
    // Whatever the first three steps were made at.
    const { steps, bracket } = search(SETTINGS, (load, number) =>
      number <= 3 ? { outcome: 'pass' } : holdsUpTo(120)(load),
    )
    expect(loadsOf(steps)).toContain('verify 256')
    expect(loadsOf(steps)).toContain('verify 244')
    expect(loadsOf(steps)).not.toContain('verify 221')
    expect(bracket.verified).toBeGreaterThan(105)
    expect(bracket.verified).toBeLessThanOrEqual(120)
    expect(bracket.refuted).toBeGreaterThan(120)
  })

  it('goes down by 5 % from a load whose repeats scatter about the limit, and refutes above', () => {
    const noisy = [180, 300, 200, 310, 240]
    let at = 0
    const { bracket, steps } = search(SETTINGS, (load) => {
      if (load !== 288) return holdsUpTo(300)(load)
      const observed = steps288() < 1 ? 200 : (noisy[at++] as number)
      return { outcome: observed < 250 ? 'pass' : 'fail', observed }
    })
    function steps288(): number {
      return seen++
    }
    expect(bracket).toMatchObject({ verified: 274, refuted: 305, outcome: 'bracketed' })
    expect(steps.filter(({ load, phase }) => load === 288 && phase === 'verify')).toHaveLength(5)
  })
  let seen = 0

  it('never goes above the load it may, and says that the generator ended first', () => {
    const { steps, bracket, why } = search({ ...SETTINGS, mostLoad: 200.7 }, holdsUpTo(1_000))
    expect(loadsOf(steps)).toEqual([
      'ramp 100',
      'ramp 160',
      'ramp 200',
      'verify 200',
      'verify 200',
      'verify 200',
    ])
    expect(why).toBe('generator-limited')
    expect(bracket).toMatchObject({ verified: 200, repeats: 3, refuted: null, outcome: 'generator-limited' })
  })

  it('begins at the load it may not exceed where it was told to begin above it', () => {
    expect(nextMove({ ...SETTINGS, mostLoad: 40 }, [], ENDLESS)).toEqual({
      kind: 'step',
      phase: 'ramp',
      load: 40,
    })
  })

  it('looks below where the generator was unfit once, and asks again as soon as that held', () => {
    let isFirst = true
    const { steps, bracket } = search(SETTINGS, (load) => {
      if (load === 256 && isFirst) {
        isFirst = false
        return { outcome: 'generator' }
      }
      return { outcome: load < 300 ? 'pass' : 'fail' }
    })
    expect(loadsOf(steps).slice(0, 6)).toEqual([
      'ramp 100',
      'ramp 160',
      'ramp 256',
      'bisect 202',
      'bisect 256',
      'ramp 410',
    ])
    expect(bracket).toMatchObject({ outcome: 'bracketed' })
    expect(bracket.verified).toBeGreaterThan(270)
  })

  it('does not ask again where the end shows below', () => {
    const { steps, bracket } = search(SETTINGS, (load) => ({
      outcome: load > 250 ? 'generator' : load > 190 ? 'fail' : 'pass',
    }))
    expect(loadsOf(steps).filter((said) => said.endsWith(' 256'))).toEqual(['ramp 256'])
    expect(bracket).toMatchObject({ outcome: 'bracketed' })
    expect(bracket.refuted).toBeLessThan(220)
  })

  it('takes a load for a bound at which the generator was unfit twice', () => {
    const { steps, bracket, why } = search(SETTINGS, (load) => ({
      outcome: load > 200 ? 'generator' : 'pass',
    }))
    expect(loadsOf(steps).slice(0, 5)).toEqual([
      'ramp 100',
      'ramp 160',
      'ramp 256',
      'bisect 202',
      'bisect 180',
    ])
    expect(why).toBe('generator-limited')
    expect(bracket.verified).toBe(180)
    expect(bracket.refuted).toBeNull()
  })

  it('does not count a repeat in which the generator was unfit', () => {
    let isFirst = true
    const { steps, bracket } = search(SETTINGS, (load, number) => {
      if (number === 8 && isFirst) {
        isFirst = false
        return { outcome: 'generator' }
      }
      return holdsUpTo(300)(load)
    })
    expect(steps[7]).toMatchObject({ phase: 'verify', load: 288, outcome: 'generator' })
    expect(steps.filter(({ phase }) => phase === 'verify')).toHaveLength(4)
    expect(bracket).toMatchObject({ verified: 288, repeats: 3, outcome: 'bracketed' })
  })

  it('is generator-limited where the load to refute is one the generator cannot make', () => {
    const { bracket, why } = search(SETTINGS, (load, number) => {
      if (load < 300) return { outcome: 'pass' }
      return { outcome: number < 8 ? 'fail' : 'generator' }
    })
    expect(why).toBe('generator-limited')
    expect(bracket).toMatchObject({ verified: 288, refuted: null, outcome: 'generator-limited' })
  })

  it('makes a step again that could not be made, and ends soon where the target is gone', () => {
    const steps = [step('ramp', 100, 'pass'), step('ramp', 160, 'fault', undefined)]
    expect(nextMove(SETTINGS, steps, ENDLESS)).toEqual({ kind: 'step', phase: 'ramp', load: 160 })
    const gone = search(SETTINGS, (_, number) => ({ outcome: number === 1 ? 'pass' : 'fault' }))
    expect(loadsOf(gone.steps)).toEqual([
      'ramp 100',
      'ramp 160',
      'ramp 160',
      'bisect 126',
      'bisect 126',
      'bisect 112',
      'bisect 112',
      'verify 100',
      'verify 100',
    ])
    expect(gone.why).toBe('faults')
  })

  it('ends, within its bounds and with a reason, whatever steps say', () => {
    for (let n = 1; n <= 150; n++) {
      const next = uniforms(n)
      const unit = n % 2 === 0 ? 'users' : 'arrivals/s'
      const truth = 10 ** (next() * 4)
      const startLoad = asLoad(truth * 10 ** (next() * 2 - 1.5), unit)
      const mostLoad = next() < 0.5 ? null : truth * (0.3 + next() * 3)
      const trouble = next() * 0.4
      const settings: SearchSettings = { unit, objectives: [P99], startLoad, mostLoad }
      const { steps, bracket, why } = search(settings, (load) => {
        const luck = next()
        if (luck < trouble / 2) return { outcome: 'generator' }
        if (luck < trouble) return { outcome: 'fault' }
        const observed = 250 * (load / truth) ** 3 * Math.exp(0.3 * (next() - 0.5))
        return { outcome: observed < 250 ? 'pass' : 'fail', observed }
      })
      if (mostLoad !== null)
        expect(Math.max(...steps.map(({ load }) => load))).toBeLessThanOrEqual(Math.max(1, mostLoad))
      const { verified, refuted } = bracket
      if (verified !== null && refuted !== null) expect(refuted).toBeGreaterThan(verified)
      if (why === 'unmet')
        expect(steps.some(({ outcome, load }) => outcome === 'pass' && load < (refuted ?? 0))).toBe(false)
    }
  })

  it('knows rates that are no whole numbers', () => {
    const { bracket } = search({ ...SETTINGS, unit: 'arrivals/s', startLoad: 0.31 }, holdsUpTo(1.234))
    expect(bracket.verified).toBeGreaterThan(1.1)
    expect(bracket.verified).toBeLessThanOrEqual(1.234)
    expect(bracket.refuted).toBeGreaterThan(1.234)
  })

  it('ends between neighbours where there is no user between them', () => {
    const { bracket } = search({ ...SETTINGS, startLoad: 2 }, holdsUpTo(5))
    expect(bracket).toMatchObject({ verified: 5, refuted: 6 })
  })
})

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

  const broken = (load: number): CapacityStep => ({ ...step('ramp', load, 'fail'), isBrokenBeside: true })
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

  it('says which repeats are missing', () => {
    const begun = [...climbed, ...repeats('verify', 160, [100, 100]), ...repeats('refute', 256, [500])]
    expect(within(begun, 0.5)).toEqual({
      kind: 'end',
      why: 'budget',
      open: [
        '160 users were not verified: 2 of at least 3 repeats were made',
        '256 users were not refuted: 1 of at least 3 repeats were made',
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

describe('a search that is resumed', () => {
  it('goes on with the very step that was next, after any step', () => {
    const { steps } = search(SETTINGS, holdsUpTo(300))
    const stored = JSON.parse(JSON.stringify(steps)) as CapacityStep[]
    for (const [i, { phase, load }] of steps.entries()) {
      expect(nextMove(SETTINGS, stored.slice(0, i), ENDLESS)).toEqual({ kind: 'step', phase, load })
    }
    expect(nextMove(SETTINGS, stored, ENDLESS)).toMatchObject({ kind: 'end', why: 'found' })
  })

  it('passes over the steps that came after it', () => {
    const { steps } = search(SETTINGS, holdsUpTo(300))
    const all = [...steps, step('soak', 230, 'fail'), step('overload', 400, 'fail')]
    expect(nextMove(SETTINGS, all, ENDLESS)).toMatchObject({ kind: 'end', why: 'found' })
    expect(bracketOf(all, [P99], 'found')).toMatchObject({ verified: 288, refuted: 305 })
  })
})
