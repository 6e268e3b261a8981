import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/errors.ts'
import { plantedWords, validityWords, verdictWords } from '../../src/report/verdict-words.ts'
import { faultyResult, healthyResult } from './fixture.ts'

describe('a verdict in words', () => {
  it('says what held, in the figures of the run', () => {
    const result = healthyResult()
    const owed = result.ledger.messages.expected.toLocaleString('en-US')
    expect(verdictWords(result)).toEqual({
      word: 'Pass',
      sentence: `All ${owed} deliveries arrived once, in order and unchanged; every payload kept the contract; 3 of 3 thresholds held.`,
      reasons: [],
    })
  })

  it('does not claim what a pass by the scenario’s own limits leaves open', () => {
    const result = healthyResult()
    Object.assign(result.ledger.messages, {
      expected: 1000,
      received: 990,
      lost: { total: 10, head: 0, middle: 10, tail: 0 },
    })
    result.counters.contract_violations = 1
    result.thresholds = []
    expect(verdictWords(result).sentence).toBe(
      '990 of 1,000 deliveries arrived (99 %); 1 contract violation.',
    )
    Object.assign(result.ledger.messages, {
      expected: 0,
      received: 0,
      lost: { total: 0, head: 0, middle: 0, tail: 0 },
    })
    expect(verdictWords(result).sentence).toBe('No message delivery was owed; 1 contract violation.')
  })

  it.each(['duplicated', 'reordered', 'leaked', 'corrupted', 'late'] as const)(
    'does not call deliveries unharmed that were %s',
    (what) => {
      const result = healthyResult()
      result.ledger.messages[what] = 1
      expect(verdictWords(result).sentence).not.toContain('once, in order and unchanged')
    },
  )

  it('has a sentence of its own for every way a run can end', () => {
    const endings = [
      EXIT.delivery,
      EXIT.threshold,
      EXIT.thresholdAbort,
      EXIT.scenarioException,
      EXIT.inconclusive,
      EXIT.signal,
    ]
    const sentences = endings.map((exitCode) => {
      const result = faultyResult()
      const status = exitCode === EXIT.inconclusive || exitCode === EXIT.signal ? 'inconclusive' : 'fail'
      result.verdict = { status, exitCode, reasons: ['x'] }
      return verdictWords(result).sentence
    })
    expect(new Set(sentences).size).toBe(endings.length)
  })

  it('counts the checks behind the validity', () => {
    const { validity } = healthyResult()
    expect(validityWords(validity)).toBe('valid · 7 of 7 checks ok')
    const check = validity.checks[0] as (typeof validity.checks)[number]
    expect(validityWords({ status: 'invalid', checks: [{ ...check, status: 'invalid' }, check] })).toBe(
      'not valid · 1 of 2 checks ok',
    )
    expect(validityWords({ status: 'valid', checks: [check, { ...check, isJudged: false }, check] })).toBe(
      'valid · 2 of 2 checks ok, 1 not judged',
    )
  })

  it('names planted faults, those that never struck too', () => {
    const result = faultyResult()
    result.planted = { drop: 41, duplicate: 12 }
    expect(plantedWords(result)).toBe('drop × 41, duplicate × 12, no-timestamp × 0')
    expect(plantedWords(healthyResult())).toBeUndefined()
  })
})
