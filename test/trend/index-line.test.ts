import { describe, expect, it } from 'vitest'
import type { CapacityResult } from '../../src/measure/capacity.ts'
import { capacityLine, indexText, otherLine, parseIndex, runLine } from '../../src/trend/index-line.ts'
import { isAbout, parseNotes } from '../../src/trend/note.ts'
import { bracketedSearch } from '../report/capacity-fixture.ts'
import { healthyResult } from '../report/fixture.ts'
import { commit, line } from './lines.ts'

describe('a line of the index', () => {
  it('holds what a trend needs of a run, in about a kilobyte', () => {
    const result = healthyResult()
    result.run.tags = { commit: ` ${commit(1)} ` }
    const of = runLine('20261122-101530-steady', result, {
      leftOut: null,
      figures: { last_delivery_p99: 12.5 },
      atLeast: ['last_delivery_p99'],
    })
    expect(of).toMatchObject({
      kind: 'run',
      startedAt: '2026-11-22T10:15:30.000Z',
      scenario: 'steady',
      users: 1000,
      planHash: result.plan.hash,
      commit: commit(1),
      leftOut: null,
      figures: { last_delivery_p99: 12.5 },
      atLeast: ['last_delivery_p99'],
    })
    expect(of.environment).not.toHaveProperty('contract')
    expect(of.environment?.cpu).toBe(result.environment.cpu)
    expect(Buffer.byteLength(indexText([of]))).toBeLessThan(1100)
    expect(parseIndex(indexText([of]))).toEqual({ lines: [of], problems: [] })
  })

  it('has no commit of an empty tag, and says why a run does not count', () => {
    const result = healthyResult()
    result.run.tags = { commit: '' }
    const found = { leftOut: 'it was ended by a signal', figures: {}, atLeast: [] }
    expect(runLine('a', result, found)).toMatchObject({ leftOut: 'it was ended by a signal', commit: null })
  })

  it('counts a search only if it was to its end and its bracket is narrow', () => {
    const leftOut = (over: (search: CapacityResult) => void): string | null => {
      const search = bracketedSearch()
      over(search)
      return capacityLine('a', search).leftOut
    }
    const within = (refuted: number | null) => (search: CapacityResult) =>
      void Object.assign(search.bracket, { verified: 10_000, refuted })
    expect(leftOut(within(12_000))).toBeNull()
    expect(leftOut(within(12_100))).toBe('its bracket is 21 % wide, 20 % is the most')
    expect(leftOut(within(null))).toBe('its search ended without a bracket (bracketed)')
    // Both ends stand, and neither need be where it would be with more time.
    for (const stoppedBy of ['budget', 'signal'] as const)
      expect(leftOut(({ run }) => Object.assign(run, { stoppedBy, isPartial: true }))).toBe(
        `its search was cut short (${stoppedBy})`,
      )
    expect(leftOut(({ bracket }) => (bracket.outcome = 'generator-limited'))).toBe(
      'its search ended without a bracket (generator-limited)',
    )
  })

  it('is passed over when it is torn, damaged or of another version, and only it', () => {
    const whole = line({ directory: 'a' })
    const text = [
      indexText([whole]).trim(),
      indexText([line({ directory: 'torn' })]).slice(0, 60),
      JSON.stringify({ ...line({ directory: 'b' }), v: 2 }),
      JSON.stringify({ ...line({ directory: 'c' }), figures: { last_delivery_p99: '12' } }),
      JSON.stringify({ ...line({ directory: 'd' }), environment: null }),
      'null',
      '',
      indexText([otherLine('e', '2026-11-22T10:15:30.000Z')]).trim(),
    ].join('\n')
    const { lines, problems } = parseIndex(text)
    expect(lines.map(({ directory }) => directory)).toEqual(['a', 'e'])
    expect(problems).toEqual([
      'index.ndjson, line 2: it is torn',
      'index.ndjson, line 3: its version is 2, this is a reader of 1',
      'index.ndjson, line 4: it is damaged',
      'index.ndjson, line 5: it is damaged',
      'index.ndjson, line 6: its version is undefined, this is a reader of 1',
    ])
  })

  it('of an earlier Stompede gets what was added since', () => {
    const { atLeast, environment, ...rest } = line({ directory: 'a' })
    const { behaviour, ...target } = environment?.target ?? {}
    expect([atLeast, behaviour]).toEqual([[], null])
    const early = JSON.stringify({ ...rest, environment: { ...environment, target } })
    expect(parseIndex(early)).toEqual({ lines: [line({ directory: 'a' })], problems: [] })
    const damaged = JSON.stringify({ ...line({ directory: 'a' }), atLeast: [1] })
    expect(parseIndex(damaged).problems).toEqual(['index.ndjson, line 1: it is damaged'])
  })

  it('of a search is of its plan, its unit and its objectives', () => {
    const search = bracketedSearch()
    search.plan = { ...search.plan, hash: 'abc', objectives: ['message_delivery:p(99)<250'] }
    expect(capacityLine('a', search).planHash).toBe('abc, users at message_delivery:p(99)<250')
  })

  it('stands instead of an earlier one of the same directory', () => {
    const twice = indexText([line({ directory: 'a', users: 1 }), line({ directory: 'a', users: 2 })])
    expect(parseIndex(twice).lines.map(({ users }) => users)).toEqual([2])
  })
})

describe('notes', () => {
  it('are read line by line', () => {
    const text =
      '{"v":1,"at":"2026-11-22T10:00:00Z","of":"abcdef1","text":"known"}\n{"v":1\n{"v":2,"of":"x"}\n'
    expect(parseNotes(text)).toEqual({
      notes: [{ v: 1, at: '2026-11-22T10:00:00Z', of: 'abcdef1', text: 'known' }],
      problems: ['notes.ndjson, line 2: it is no note', 'notes.ndjson, line 3: it is no note'],
    })
  })

  it('are about a commit by 7 characters or more, or about a directory by its whole name', () => {
    const about = (of: string): boolean =>
      isAbout({ v: 1, at: '', of, text: '' }, commit(1), ['20261122-101530-steady'])
    expect([commit(1), commit(1).slice(0, 7), '20261122-101530-steady'].map(about)).toEqual([
      true,
      true,
      true,
    ])
    expect([commit(2), commit(1).slice(0, 6), '20261122', ''].map(about)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(isAbout({ v: 1, at: '', of: commit(1), text: '' }, commit(1).slice(0, 10), [])).toBe(true)
    expect(isAbout({ v: 1, at: '', of: 'v1.4', text: '' }, 'v1.4', [])).toBe(true)
    // A name that is no hash is cut short nowhere.
    expect(isAbout({ v: 1, at: '', of: 'release-1', text: '' }, 'release-10', [])).toBe(false)
    expect(isAbout({ v: 1, at: '', of: 'abcdef1', text: '' }, 'abcdef1-dirty', [])).toBe(false)
    expect(isAbout({ v: 1, at: '', of: 'ABCDEF1', text: '' }, 'abcdef123', [])).toBe(true)
  })
})
