import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { widthOf } from '../../src/report/columns.ts'
import type { Screen } from '../../src/report/terminal/paint.ts'
import { summarize, summaryLines } from '../../src/report/terminal/summary.ts'
import { emptyResult, faultyResult, healthyResult, hostileResult, trendOf } from './fixture.ts'
import { expectGolden } from './golden.ts'

const written = ['reports/20261122-101530-steady/result.json', 'reports/20261122-101530-steady/report.html']

/** A terminal that is none. */
function screen(properties: Partial<Screen>): Screen {
  return Object.assign(new PassThrough(), properties)
}

function widest(stream: Screen): number {
  const lines = summarize(faultyResult(), { stream, written: [] }).split('\n')
  return Math.max(...lines.map(widthOf))
}

describe('the summary of a run', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ['summary-healthy.txt', healthyResult],
    ['summary-faulty.txt', faultyResult],
    ['summary-empty.txt', emptyResult],
  ])('reads as in %s', (name, result) => {
    expectGolden(name, `${summaryLines(result(), { columns: 80, written }).join('\n')}\n`)
  })

  it('leads with the verdict, its reason and the exit code', () => {
    const [head, sentence, reason] = summaryLines(faultyResult())
    expect(head).toMatch(/^✘ FAIL {3}steady · 1,000 users · 30 s · seed 42 .* exit 11$/)
    expect(sentence).toBe('  The target broke its delivery promise or the contract.')
    expect(reason).toBe('  • deliveries_duplicated: 12 received twice')
  })

  it('prints the percentiles of the result, to three digits', () => {
    const result = healthyResult()
    result.trends = { message_delivery: trendOf([1000, 2000, 3000, 4000, 100_000]) }
    const line = summaryLines(result).find((each) => each.startsWith('message_delivery'))
    expect(line?.replaceAll(/\s+/g, ' ').trim()).toBe('message_delivery 5 3.00 100 100 100 100')
  })

  it('marks percentiles that lie among losses, and no others', () => {
    const result = healthyResult()
    result.trends = {
      message_delivery: trendOf(
        Array.from({ length: 95 }, () => 1000),
        [30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000],
      ),
    }
    const line = summaryLines(result).find((each) => each.startsWith('message_delivery'))
    expect(line?.replaceAll(/\s+/g, ' ').trim()).toBe(
      'message_delivery 100 1.00 1.00 ≥ 30,000 ≥ 30,000 ≥ 30,000',
    )
  })

  it('says which check was not met when the run is no evidence', () => {
    const result = healthyResult()
    result.validity.status = 'invalid'
    Object.assign(result.validity.checks[1] as object, { value: 48.2, status: 'invalid' })
    result.verdict = { status: 'inconclusive', exitCode: 13, reasons: ['loop-delay: 48.2 ms'] }
    const lines = summaryLines(result, { columns: 100 })
    expect(lines[0]).toContain('? INCONCLUSIVE')
    expect(lines[1]).toContain('says nothing about the target')
    expect(lines).toContain('run        not valid · 6 of 7 checks ok')
    expect(lines.join('\n')).toContain(
      'invalid: 48.2 ms, limit 10.0 ms; wanted: the generator’s event loop kept up',
    )
  })

  it('proposes what would have been valid, each thing once, and does not judge thresholds', () => {
    const result = healthyResult()
    const proposal =
      'one worker carried 8,100 deliveries/s at 110 µs of processor time a delivery, 0.9 of a core: use --workers 2, or -u 730'
    result.validity.status = 'invalid'
    for (const i of [0, 1, 2])
      Object.assign(result.validity.checks[i] as object, { status: 'invalid', proposal })
    result.thresholds = result.thresholds.map((row) => ({ ...row, status: 'unknown' }))
    const lines = summaryLines(result, { columns: 80 })
    const at = lines.findIndex((line) => line.includes('→'))
    expect(lines.slice(at, at + 2)).toEqual([
      '           → one worker carried 8,100 deliveries/s at 110 µs of processor time a',
      '             delivery, 0.9 of a core: use --workers 2, or -u 730',
    ])
    expect(lines.filter((line) => line.includes('→'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('           invalid:'))).toHaveLength(3)
    const judged = lines.filter((line) => /^(thresholds | {11})\? (message|http)/.test(line))
    expect(judged).toHaveLength(3)
    for (const line of judged) expect(line).toMatch(/ –$/)
  })

  it.each([60, 80, 120, 200])('fits %d columns and one screen', (columns) => {
    for (const result of [healthyResult(), faultyResult(), hostileResult(), emptyResult()]) {
      const lines = summaryLines(result, { columns })
      expect(lines.length).toBeLessThanOrEqual(44)
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
    }
  })

  it('takes no control characters from a target', () => {
    const text = summaryLines(hostileResult(), { columns: 200 }).join('')
    expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028]/u)
    expect(text).toContain('␛[2J')
  })

  it('is as wide as the terminal, and 80 columns elsewhere', () => {
    vi.stubEnv('NO_COLOR', '1')
    expect(widest(screen({ isTTY: true, columns: 200 }))).toBeGreaterThan(120)
    expect(widest(screen({ columns: 200 }))).toBeLessThanOrEqual(80)
  })

  it('has colours in a terminal only, and none with NO_COLOR', () => {
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NODE_DISABLE_COLORS', undefined)
    const terminal = screen({ isTTY: true, columns: 80 })
    const coloured = summarize(faultyResult(), { stream: terminal, written })
    const plain = summarize(faultyResult(), { stream: screen({}), written })
    expect(coloured).toContain('\x1b[1m\x1b[31m✘ FAIL')
    expect(plain).not.toContain('\x1b')
    expect(stripVTControlCharacters(coloured)).toBe(plain)
  })

  it('obeys NO_COLOR in a terminal that asks the environment', () => {
    vi.stubEnv('NO_COLOR', '1')
    vi.stubEnv('FORCE_COLOR', undefined)
    const terminal = Object.assign(screen({ isTTY: true, columns: 80 }), { getColorDepth: () => 1 })
    expect(summarize(faultyResult(), { stream: terminal, written })).not.toContain('\x1b')
  })
})
