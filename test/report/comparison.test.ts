import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { widthOf } from '../../src/report/columns.ts'
import type { ComparisonResult } from '../../src/measure/comparison.ts'
import { asItIs, furtherReasons, intervalText } from '../../src/report/comparison-words.ts'
import { comparisonAnnotations } from '../../src/report/files/comparison-github.ts'
import { comparisonJunit } from '../../src/report/files/comparison-junit.ts'
import { comparisonMarkdown } from '../../src/report/files/comparison-markdown.ts'
import { changeText, fromToText, metricText } from '../../src/report/metric-value.ts'
import { comparisonPage } from '../../src/report/page/comparison-page.ts'
import { comparisonLines, summarizeComparison } from '../../src/report/terminal/comparison-summary.ts'
import { unbroken } from '../../src/report/visible.ts'
import {
  emptyComparison,
  hostileComparison,
  hugeComparison,
  selfCheck,
  storedComparison,
  worseComparison,
} from './comparison-fixture.ts'
import { expectGolden } from './golden.ts'
import { contentOf, readingOf } from './page.ts'

describe('the reports of a comparison', () => {
  it.each([
    ['worse', worseComparison],
    ['self-check', selfCheck],
    ['stored', storedComparison],
    ['empty', emptyComparison],
  ])('read as in comparison-%s.*', (name, result) => {
    expectGolden(`comparison-${name}.html`, contentOf(comparisonPage(result())))
    expectGolden(`comparison-${name}.md`, comparisonMarkdown(result()))
    expectGolden(`comparison-${name}.xml`, comparisonJunit(result()))
    const written = ['reports/x/result.json', 'reports/x/report.html']
    expectGolden(`comparison-${name}.txt`, `${comparisonLines(result(), { written }).join('\n')}\n`)
  })

  it('say by how much B differs from A as it is, also of what is worse when it falls', () => {
    const rate = { isWorseWhenHigher: false, change: { estimate: 0.25, lo: 0.1, hi: 0.6, level: 0.95 } }
    expect(asItIs(rate, 0.25)).toBeCloseTo(-0.2, 12)
    expect(intervalText(rate)).toBe('−38 to −9.1 %')
    expect(intervalText({ ...rate, isWorseWhenHigher: true })).toBe('+10 to +60 %')
    expect([0.0731, -0.124, 0.0004, -0.0004].map(changeText)).toEqual(['+7.3 %', '−12 %', '0 %', '0 %'])
    expect(fromToText(0.1347, 0.139, 'CPU s')).toBe('0.135 → 0.139 CPU s')
    expect(fromToText(null, 12.44, 'ms')).toBe('– → 12.4 ms')
    expect(metricText(2140.24, 'per second')).toBe('2,140/s')
  })

  it('do not repeat as reasons what stands in a line of its own', () => {
    expect(furtherReasons(worseComparison())).toEqual(['deliveries received twice: none in A, 7 in B'])
    expect(
      comparisonLines(storedComparison()).filter((line) => line.includes('a verdict takes 5 runs')),
    ).toHaveLength(2)
  })

  it('keep the names of percentiles as they are at the begin of a sentence', () => {
    const result = worseComparison()
    result.headline = 'Worse: p50 send → last +7.3 % (98.75 % CI +3.1 to +11.0) (10 pairs).'
    for (const text of [
      comparisonPage(result),
      comparisonMarkdown(result),
      comparisonLines(result).join('\n'),
    ])
      expect(text.replaceAll('\u00a0', ' ')).toContain('p50 send → last +7.3 % (98.75')
    result.headline = 'Worse: deliveries −7.3 % (10 pairs).'
    expect(comparisonPage(result)).toContain('Deliveries −7.3')
  })

  it('part no figure from its sign or unit where a line is broken', () => {
    const page = comparisonPage(worseComparison())
    const lines = page.slice(
      page.indexOf('id="lines"'),
      page.indexOf('</section>', page.indexOf('id="lines"')),
    )
    expect(lines).toContain(
      '24.1 → 23.5\u00a0ms, −2.4\u00a0% (98.75\u00a0% CI −4.0 to −0.7), margin 5\u00a0%',
    )
    expect(lines).toContain('could see ≥\u00a02\u00a0%')
    expect(worseComparison().metrics[0]?.says).not.toContain('\u00a0')
    expect(unbroken('steps of 30 s; 2 sides, > 5, ≥ x')).toBe('steps of 30\u00a0s; 2 sides, >\u00a05, ≥ x')
  })

  it('show every pair with both sides and lead to their results', () => {
    const page = contentOf(comparisonPage(worseComparison()))
    expect(readingOf(page, 'pairs')).toMatch(
      / 1 7 B 25\.1 → 25\.0 ms 123 → 144 ms 2,230 → 2,207\/s 0\.14 → 0\.136 CPU s /,
    )
    const hrefs = [...page.matchAll(/<a\s[^>]*href="([^"#]*)"/g)].map(([, href]) => href)
    expect(hrefs).toHaveLength(20)
    expect(hrefs).toContain('./pairs/10-b/result.json')
  })

  it('say where a margin is tighter than the machine allows, and that nobody measured it', () => {
    expect(readingOf(comparisonPage(worseComparison()), 'noise')).toContain(
      'CPU per 1,000 deliveries 6.1 % 7.4 % 5 % tighter than this machine allows',
    )
    expect(readingOf(comparisonPage(storedComparison()), 'noise')).toContain('stompede compare --self-check')
  })

  it('show what each side is, whichever began', () => {
    const result = worseComparison()
    const { b } = result.sides
    if (b.target !== null) b.target = { ...b.target, faults: ['duplicate:1/5'] }
    const page = comparisonPage(result)
    const sides = readingOf(page, 'sides')
    expect(sides).toMatch(/A, the base .*API http:\/\/127\.0\.0\.1:4101\/chat-ws .*B, which is judged/)
    expect(sides).toMatch(
      /B, which is judged .*API http:\/\/127\.0\.0\.1:4202\/chat-ws .*service constant\(5ms\)/,
    )
    expect(page).toContain('Faults planted in the reference target <bdi>of B: duplicate:1/5</bdi>')
    // One side's alone would say nothing of the other.
    expect(page).not.toContain(result.environment.target.apiUrl)
  })

  it('say that the change may be none or more than the margin where that is why it is unknown, and nowhere else', () => {
    const says = (change: Partial<ComparisonResult['verdict']>): boolean => {
      const result = { ...worseComparison(), noise: null }
      return comparisonPage({
        ...result,
        verdict: { ...result.verdict, status: 'unknown', exitCode: 13, ...change },
      }).includes('the change may be none, or more than the margin')
    }
    const wide =
      worseComparison().metrics.find(({ isGated, verdict }) => isGated && verdict === 'unknown')?.says ?? ''
    expect(says({ reasons: [wide] })).toBe(true)
    expect(
      says({ reasons: [`${wide}; margin tighter than this machine allows: 20 pairs hold 12 % (--margin)`] }),
    ).toBe(true)
    expect(says({ reasons: ['nothing can be told from fewer than 8 pairs'] })).toBe(false)
    expect(says({ reasons: ['stopped by a signal after 3 pairs', wide] })).toBe(false)
    expect(says({ status: 'same', reasons: [] })).toBe(false)
    for (const result of [storedComparison(), emptyComparison()])
      expect(comparisonPage(result)).not.toContain('the change may be none')
  })

  it('claim nothing of seeds, targets or margins that is not so', () => {
    expect(readingOf(comparisonPage(storedComparison()), 'pairs')).not.toContain('seeds')
    const page = comparisonPage(worseComparison())
    expect(readingOf(page, 'pairs')).toContain('each with connections of its own')
    expect(readingOf(page, 'noise')).not.toContain('never')
    // A fault that A alone has, and by accident, is one that the other side does not have.
    const accident = worseComparison()
    accident.absolute = [{ name: 'deliveries_lost', a: 1, b: 0, status: 'ok' }]
    for (const text of [
      comparisonPage(accident),
      comparisonMarkdown(accident),
      comparisonLines(accident).join(' '),
    ])
      expect(text).toMatch(/no fault makes B worse|none that makes B worse/i)
  })

  it('are advice where they say so', () => {
    const page = comparisonPage(storedComparison())
    expect(page).toContain('This is advice and nothing more')
    expect(comparisonJunit(storedComparison())).not.toContain('<failure')
    expect(comparisonJunit(storedComparison())).toMatch(/failures="0" errors="3"/)
    const passed = storedComparison()
    passed.verdict.exitCode = 0
    expect(comparisonJunit(passed)).toMatch(/failures="0" errors="0"/)
  })

  it('turn red in CI where the comparison does, and nowhere else', () => {
    expect(comparisonAnnotations(selfCheck())).toEqual([])
    expect(comparisonAnnotations(worseComparison())[0]).toBe(
      '::error title=Worse%3A steady::deliveries received twice: none in A, 7 in B',
    )
    expect(comparisonAnnotations(storedComparison())[0]).toMatch(
      /^::warning title=Unknown%3A steady::a verdict takes/,
    )
    expect(comparisonJunit(selfCheck())).toMatch(/failures="0" errors="0"/)
    expect(comparisonJunit(worseComparison())).toMatch(/failures="2" errors="0"/)
    const silent = { ...worseComparison(), metrics: [], absolute: [] }
    expect(comparisonJunit(silent)).toMatch(/name="verdict"[^]*<failure message="Worse: /)
  })

  it('are bounded, whatever was run and whatever the target says', () => {
    for (const result of [hugeComparison(), hostileComparison()]) {
      expect(Buffer.byteLength(comparisonPage(result))).toBeLessThanOrEqual(1_000_000)
      const markdown = comparisonMarkdown(result)
      expect(markdown.split('\n').length).toBeLessThanOrEqual(60)
      expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(48_000)
      const lines = comparisonLines(result)
      expect(lines.length).toBeLessThanOrEqual(40)
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80)
    }
    expect(readingOf(comparisonPage(hugeComparison()), 'metrics')).toMatch(/\d+ metrics more in result\.json/)
  })

  it('never obey what came from outside', () => {
    const page = comparisonPage(hostileComparison())
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toContain('<img')
    for (const [, href] of contentOf(page).matchAll(/href="([^"]*)"/g))
      expect(href).toMatch(/^(#|\.\/javascript%3Aalert)/)
    const markdown = comparisonMarkdown(hostileComparison())
    // In code nothing is markup.
    expect(markdown.replaceAll(/```[^]*?```|(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)/g, '')).not.toContain(
      '<script',
    )
    for (const row of markdown
      .split('\n')
      .filter((line) => line.startsWith('| ❌') || line.startsWith('| ✅')))
      expect(row.match(/(?<!\\)\|/g)?.length).toBe(3)
    expect(comparisonJunit(hostileComparison())).not.toContain('<script')
    // oxlint-disable-next-line no-control-regex -- that none is printed is what is asked
    expect(comparisonLines(hostileComparison()).join('')).not.toMatch(/[\x00-\x1f]/)
  })

  it('have no colour where there is no terminal', () => {
    const text = summarizeComparison(worseComparison(), { stream: new PassThrough(), written: [] })
    expect(text).toMatch(/^✘ WORSE {3}steady · 1\.8\.2 → 1\.9\.0 · 10 pairs .*exit 12\n/)
    expect(text).not.toContain('\u001b')
  })
})
