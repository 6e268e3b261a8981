import { describe, expect, it } from 'vitest'
import { bracketOf } from '../../src/capacity/bracket.ts'
import { asLoad } from '../../src/capacity/loads.ts'
import type { SearchSettings } from '../../src/capacity/move.ts'
import { nextMove } from '../../src/capacity/search.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { uniforms } from './queue.ts'
import { broken, ENDLESS, P99, repeats, search, SETTINGS, step } from './searching.ts'

const holdsUpTo = (truth: number) => (load: number) => ({
  outcome: load <= truth ? ('pass' as const) : ('fail' as const),
})
const loadsOf = (steps: readonly CapacityStep[]): string[] =>
  steps.map(({ phase, load }) => `${phase} ${load}`)

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

describe('a search whose steps contradict each other', () => {
  /** Lets it run on; `lucky` loads hold in their first run. */
  const against = (holds: number, lucky: readonly number[], settings = SETTINGS) => {
    const seen = new Set<number>()
    return search(settings, (load) => {
      const isLucky = lucky.includes(load) && !seen.has(load)
      seen.add(load)
      return { outcome: load <= holds || isLucky ? 'pass' : 'fail' }
    })
  }

  it('looks four descents down whatever it bisected above', () => {
    const { bracket, why } = against(300, [391], { ...SETTINGS, startLoad: 1_000 })
    expect(why).toBe('found')
    expect(bracket.verified).toBeGreaterThan(250)
    expect(bracket.verified).toBeLessThanOrEqual(300)
  })

  it('takes a pass for luck where three levels below broke down in a repeat each, and looks again below', () => {
    const steps = [
      step('ramp', 1_000, 'pass'),
      step('ramp', 1_600, 'pass'),
      broken(2_560),
      broken(1_697, 'bisect'),
    ]
    const broke = (...loads: number[]) => loads.map((load) => broken(load, 'verify'))
    const next = (...loads: number[]) =>
      nextMove({ ...SETTINGS, startLoad: 1_000 }, [...steps, ...broke(...loads)], ENDLESS)
    expect(next(1_600, 1_524)).toMatchObject({ phase: 'verify', load: 1_451 })
    expect(next(1_600, 1_524, 1_451)).toMatchObject({ phase: 'bisect', load: 1_205 })
  })

  it('says that the generator ended only where it could not measure', () => {
    // Two users held once and broke down then, and three: nothing was unfit.
    const steps = [
      step('ramp', 2, 'pass'),
      broken(3),
      broken(2, 'verify'),
      broken(1, 'verify'),
      broken(3, 'refute'),
    ]
    const settings = { ...SETTINGS, startLoad: 2 }
    const moves: string[] = []
    for (let n = 0; n < 20; n++) {
      const move = nextMove(settings, steps, ENDLESS)
      if (move.kind === 'end') {
        moves.push(move.why)
        break
      }
      steps.push(broken(move.load, move.phase))
    }
    expect(moves).toEqual(['unmet'])
  })

  it('knows a load that repeats confirmed although the generator was unfit in its single step', () => {
    const settings = { ...SETTINGS, mostLoad: 200 }
    const before = [
      step('ramp', 100, 'pass'),
      step('ramp', 160, 'pass'),
      step('ramp', 200, 'generator'),
      ...repeats('verify', 160, [100, 100, 100]),
    ]
    const held = [...before, ...repeats('refute', 200, [100, 100, 100])]
    expect(nextMove(settings, held, ENDLESS)).toEqual({ kind: 'end', why: 'generator-limited', open: [] })
    expect(bracketOf(held, [P99], 'generator-limited')).toMatchObject({ verified: 200 })
    // And one that they refuted in part is a bound, not asked for by single steps again and again.
    const failing = [...before, ...repeats('refute', 200, [500, 500]), step('refute', 200, 'generator')]
    expect(nextMove(settings, failing, ENDLESS)).toMatchObject({ phase: 'bisect', load: 179 })
    const narrow = [...failing, step('bisect', 179, 'pass'), step('bisect', 189, 'pass')]
    expect(nextMove(settings, narrow, ENDLESS)).not.toMatchObject({ phase: 'bisect' })
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
