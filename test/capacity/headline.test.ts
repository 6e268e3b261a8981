import { describe, expect, it } from 'vitest'
import { headlineOf, headroomOf, verdictOf } from '../../src/capacity/headline.ts'
import type { Bracket } from '../../src/measure/capacity.ts'
import { objective, P99 } from './searching.ts'

describe('the headline and the verdict', () => {
  const bracket = (change: Partial<Bracket> = {}): Bracket => ({
    verified: 12_400,
    repeats: 3,
    refuted: 13_650,
    refutedRepeats: 3,
    outcome: 'bracketed',
    ...change,
  })
  const limit = { resource: 'broker CPU', share: 0.96, says: 'broker CPU 96 %' }
  const findings = (change: object = {}) => ({
    bracket: bracket(),
    limit,
    ending: 'found' as const,
    unit: 'users' as const,
    objectives: [P99],
    plannedLoad: null,
    undecided: [],
    soak: null,
    overload: null,
    ...change,
  })

  it('says what was verified, what was refuted, and what ran out', () => {
    expect(headlineOf(findings())).toBe(
      'Verified 12,400 users at p(99) ≤ 250 ms (3 repeats); refuted at 13,650. Limit: broker CPU 96 %.',
    )
    expect(headlineOf(findings({ limit: null }))).toMatch(/refuted at 13,650\. Limit: not seen\.$/)
    expect(verdictOf(findings())).toEqual({ status: 'pass', exitCode: 0, reasons: [] })
  })

  it('names every objective and the unit', () => {
    const objectives = [P99, objective('http_req_failed:rate<0.001')]
    expect(headlineOf(findings({ objectives, unit: 'arrivals/s' }))).toContain(
      'Verified 12,400 arrivals/s at p(99) ≤ 250 ms and rate of http_req_failed ≤ 0.001',
    )
  })

  it('takes a generator that ended first for an answer, if a load was verified', () => {
    const limited = bracket({ refuted: null, refutedRepeats: 0, outcome: 'generator-limited' })
    const found = findings({ bracket: limited, ending: 'generator-limited', limit: null })
    expect(headlineOf(found)).toBe(
      'Verified 12,400 users at p(99) ≤ 250 ms (3 repeats); not refuted: the generator ends there (generator-limited).',
    )
    expect(verdictOf(found).exitCode).toBe(0)
    const nothing = findings({ ...found, bracket: { ...limited, verified: null } })
    expect(headlineOf(nothing)).toContain('Nothing verified')
    expect(verdictOf(nothing)).toMatchObject({ status: 'inconclusive', exitCode: 13 })
  })

  it('ends 13 undecided, 99 unmet and 105 stopped', () => {
    const open = bracket({ refuted: null, outcome: 'undecided' })
    const budget = findings({ bracket: open, ending: 'budget', undecided: ['the upper end'] })
    expect(verdictOf(budget)).toEqual({ status: 'inconclusive', exitCode: 13, reasons: ['the upper end'] })
    expect(headlineOf(budget)).toContain('not refuted: the time ran out.')
    const unmet = findings({
      bracket: bracket({ verified: null, refuted: 2, outcome: 'unmet' }),
      ending: 'unmet',
      limit: null,
    })
    expect(headlineOf(unmet)).toBe(
      'Not even 2 users hold p(99) ≤ 250 ms (refuted by 3 runs). Limit: not seen.',
    )
    expect(verdictOf(unmet).exitCode).toBe(99)
    expect(verdictOf(findings({ bracket: open, ending: 'signal' })).exitCode).toBe(105)
  })

  it('fails by a soak that did not hold, and by an overload without a recovery', () => {
    const soak = {
      load: 9_920,
      durationSeconds: 7_200,
      status: 'fail' as const,
      p99SlopePerHour: 0.4,
      memorySlopeBytesPerHour: null,
      reasons: ['p99 grew by 40 % from the first third to the last'],
    }
    expect(verdictOf(findings({ soak }))).toEqual({
      status: 'fail',
      exitCode: 99,
      reasons: ['the soak at 9,920 users failed: p99 grew by 40 % from the first third to the last'],
    })
    expect(verdictOf(findings({ soak: { ...soak, status: 'pass' } })).exitCode).toBe(0)
    const overload = { overloadLoad: 17_745, recoverLoad: 6_200, recoverySeconds: null, reasons: ['never'] }
    expect(verdictOf(findings({ overload })).exitCode).toBe(99)
    expect(verdictOf(findings({ overload: { ...overload, recoverySeconds: 0 } })).exitCode).toBe(0)
  })

  it('asks of a planned load that it is verified', () => {
    const planned = (plannedLoad: number, change = {}) => verdictOf(findings({ plannedLoad, ...change }))
    expect(planned(12_400).exitCode).toBe(0)
    expect(planned(13_650)).toEqual({
      status: 'fail',
      exitCode: 99,
      reasons: ['13,650 users are planned; 12,400 are verified, 13,650 are refuted'],
    })
    expect(planned(12_401)).toEqual({
      status: 'inconclusive',
      exitCode: 13,
      reasons: [
        '12,401 users are planned; 12,400 is verified, 13,650 refuted: what lies between is not known',
      ],
    })
    const none = {
      bracket: bracket({ verified: null, refuted: 2_560, outcome: 'undecided' }),
      ending: 'budget',
    }
    expect(planned(300, none).exitCode).toBe(13)
    expect(planned(2_560, none)).toMatchObject({
      exitCode: 99,
      reasons: ['2,560 users are planned; not even 2,560 hold'],
    })
    // Above what was verified, and nothing was refuted: nobody knows.
    const open = {
      bracket: bracket({ refuted: null, outcome: 'generator-limited' }),
      ending: 'generator-limited',
    }
    expect(planned(20_000, open).exitCode).toBe(13)
    expect(planned(10_000, open).exitCode).toBe(0)
  })

  it('rates the headroom: 30 % is ample, 10 % is tight', () => {
    expect(headroomOf(1_000, 700)).toEqual({ share: expect.closeTo(0.3, 9) as number, rating: 'ample' })
    expect(headroomOf(1_000, 701)?.rating).toBe('tight')
    expect(headroomOf(1_000, 900)?.rating).toBe('tight')
    expect(headroomOf(1_000, 901)?.rating).toBe('short')
    expect(headroomOf(1_000, 1_200)?.rating).toBe('short')
    expect([headroomOf(null, 1), headroomOf(1, null)]).toEqual([null, null])
  })
})
