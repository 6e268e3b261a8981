import { describe, expect, it } from 'vitest'
import { SECTIONS as CATALOGUE_SECTIONS } from '../../src/conform/rule.ts'
import type { ConformanceCase, ConformanceResult } from '../../src/measure/conformance.ts'
import { sectionName, SECTIONS } from '../../src/measure/sections.ts'
import {
  furtherReasons,
  gateWords,
  sectionsOf,
  toldTroubles,
  troubles,
  weightOf,
} from '../../src/report/conformance-words.ts'
import { markdownText } from '../../src/report/files/conformance-markdown.ts'
import { conformancePage } from '../../src/report/page/conformance-page.ts'
import { conformanceLines } from '../../src/report/terminal/conformance-summary.ts'
import {
  allFailingResult,
  caseOf,
  closedResult,
  conformantResult,
  inconclusiveResult,
  nonconformantResult,
  refusedResult,
  stoppedResult,
  unreachableResult,
} from './conformance-fixture.ts'

const strict = (result: ConformanceResult): ConformanceResult => {
  result.selection.isStrict = true
  return result
}

const idsOf = (result: ConformanceResult): string[] => troubles(result).map(([{ id }]) => id)

describe('the words of a gate', () => {
  it.each([
    [
      conformantResult,
      'Conformant',
      '2 of 4 MUST rules hold, 1 failed as known, 1 could not be asked; 2 SHOULD rules missed.',
    ],
    [
      nonconformantResult,
      'Not conformant',
      '2 of 8 MUST rules failed; 1 known failure passed; 1 known failure expired; 1 known failure of no rule.',
    ],
    [inconclusiveResult, 'Inconclusive', '1 of 5 MUST rules could not be judged.'],
    [refusedResult, 'Unreachable', 'The target could not be reached, so nothing was asked of it.'],
    [
      allFailingResult,
      'Not conformant',
      '119 of 119 MUST rules failed; 1 known failure expired; 1 known failure of no rule.',
    ],
  ] as const)('are made of its figures (%#)', (result, word, sentence) => {
    expect(gateWords(result())).toMatchObject({ word, sentence })
  })

  it('do not call a gate with gaps whole', () => {
    const result = conformantResult()
    result.cases = [caseOf({ id: 'A' }), caseOf({ id: 'B' })]
    expect(gateWords(result).sentence).toBe('All 2 MUST rules hold.')
    result.cases = [caseOf({ id: 'A' }), caseOf({ id: 'B', state: 'SKIP' })]
    expect(gateWords(result).sentence).toBe('1 of 2 MUST rules hold, 1 could not be asked.')
    result.cases = [caseOf({ id: 'A', level: 'INFO', state: 'INFO' })]
    expect(gateWords(result).sentence).toBe('No MUST rule was chosen.')
  })

  it('have a sentence for a gate that is red for no case of its own', () => {
    const result = { ...conformantResult(), verdict: nonconformantResult().verdict }
    result.knownFailures.expired = ['A (2026-01-01)', 'B (2026-01-01)']
    expect(gateWords(result).sentence).toBe('2 known failures expired.')
  })

  it('leave out the reasons that a case tells by itself', () => {
    expect(furtherReasons(nonconformantResult())).toEqual([
      'known failure past its day: ISOLATION-TRACE-EXCHANGE (2026-10-31)',
      'known failure of no rule: HTTP-OLD-RULE',
    ])
    expect(furtherReasons(refusedResult())).toEqual(refusedResult().verdict.reasons)
    expect(furtherReasons(stoppedResult())).toEqual(['stopped by a signal before every rule was asked'])
  })

  it('name the sections of the catalogue', () => {
    expect(SECTIONS).toEqual(CATALOGUE_SECTIONS)
    expect(sectionsOf(nonconformantResult()).map(({ name }) => name)).toEqual([
      'HTTP: authentication',
      'Events',
      'STOMP',
      'Delivery, order and membership',
      'Isolation and security',
      'The harness itself',
    ])
    expect(sectionName('of-a-later-version')).toBe('of-a-later-version')
  })
})

describe('what somebody has to look into', () => {
  it('begins with what makes the gate red and ends with what leaves it open', () => {
    expect(idsOf(nonconformantResult())).toEqual([
      'EVENT-MESSAGE-FIELDS',
      'ISOLATION-USER-DESTINATION',
      'ISOLATION-FORGED-EVENT',
      'DELIVERY-AFTER-LEAVE',
    ])
    expect(idsOf(conformantResult())).toEqual([])
  })

  it('has what is open for one reason only once', () => {
    expect(troubles(unreachableResult()).map((group) => group.length)).toEqual([119])
    expect(troubles(stoppedResult()).map((group) => group.length)).toEqual([1, 118])
  })

  it('is told beside the verdict, but of a target that is gone only what shows that it lets nobody in', () => {
    expect(toldTroubles(nonconformantResult())).toEqual(troubles(nonconformantResult()))
    expect(toldTroubles(unreachableResult())).toEqual([])
    const closed = closedResult()
    expect(toldTroubles(closed)).toEqual([[closed.cases[0]]])
    expect(gateWords(closed).sentence).toBe(
      'The target answers and lets nobody in, so nothing else was asked of it.',
    )
    for (const text of [markdownText(closed), conformanceLines(closed).join('\n'), conformancePage(closed)]) {
      expect(text).toContain('nobody was let in')
      expect(text).toMatch(/POST \/connect gave 401/)
    }
    expect(conformancePage(closed)).toMatch(/class="case bad" open/)
  })

  const weight = (change: Partial<ConformanceCase>, isStrict = false): string => {
    const result = conformantResult()
    return weightOf(caseOf({ id: 'X', ...change }), isStrict ? strict(result) : result)
  }

  it('weighs a case as the verdict does', () => {
    expect(weight({ state: 'FAIL' })).toBe('red')
    expect(weight({ state: 'INCONCLUSIVE' })).toBe('open')
    expect(weight({ state: 'NON-STRICT' }, true)).toBe('none')
    expect(weight({ level: 'SHOULD', state: 'FAIL' })).toBe('none')
    expect(weight({ level: 'SHOULD', state: 'FAIL' }, true)).toBe('red')
    expect(weight({ level: 'SHOULD', state: 'NON-STRICT' }, true)).toBe('red')
    expect(
      weight(
        { level: 'SHOULD', state: 'NON-STRICT', excuse: { from: 'profile', reason: 'r', source: 's' } },
        true,
      ),
    ).toBe('none')
    expect(weight({ level: 'SHOULD', state: 'INCONCLUSIVE' })).toBe('none')
    expect(weight({ level: 'INFO', state: 'INCONCLUSIVE' }, true)).toBe('none')
    expect(weight({ level: 'SHOULD', state: 'XPASS' })).toBe('red')
    for (const state of ['PASS', 'SKIP', 'XFAIL', 'INFO'] as const)
      expect(weight({ state }, true)).toBe('none')
  })

  it('names a SHOULD that failed without being judged, last', () => {
    const result = nonconformantResult()
    result.cases.unshift(caseOf({ id: 'SHOULD-FAILED', level: 'SHOULD', state: 'FAIL' }))
    expect(idsOf(result).at(-1)).toBe('SHOULD-FAILED')
    expect(idsOf(strict(result))[0]).toBe('SHOULD-FAILED')
  })
})
