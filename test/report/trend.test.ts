import { describe, expect, it } from 'vitest'
import type { TrendChange, TrendSeries } from '../../src/measure/trend.ts'
import { trendPage } from '../../src/report/page/trend-page.ts'
import { lastOf } from '../../src/report/page/trend-series.ts'
import { expectGolden } from './golden.ts'
import { contentOf, readingOf } from './page.ts'
import { emptyTrend, hostileTrend, hugeTrend, singleTrend, steppedTrend } from './trend-fixture.ts'

describe('the page of a trend', () => {
  it.each([
    ['stepped', () => ({ ...steppedTrend(), series: steppedTrend().series.slice(1, 3) })],
    ['single', singleTrend],
    ['empty', emptyTrend],
  ])('reads as in trend-%s.html', (name, report) => {
    expectGolden(`trend-${name}.html`, contentOf(trendPage(report())))
  })

  it('lists the changes, those that nobody explained first', () => {
    const reading = readingOf(trendPage(steppedTrend()), 'changes')
    expect(reading).toMatch(
      /\+14 %, worse, not explained p99 send → last 44114e114f .* −12 %, better, acknowledged p50/,
    )
    expect(trendPage(steppedTrend())).toContain('1 change for the worse that nobody explained')
  })

  it('breaks the line where the machine is another one, and draws the band behind that', () => {
    const figure = figureOf(trendPage(steppedTrend()), 'series-0-0')
    expect(figure.match(/class="gap"/g)).toHaveLength(1)
    expect(figure.match(/class="p50" d="M/g)).toHaveLength(2)
    // Ten of fifty points lie behind the break.
    expect(figure).toMatch(/class="zone-quiet"\s+x="80%"\s+width="20%"/)
    expect(readingOf(trendPage(steppedTrend()), 'group-0')).toContain(
      'from here on: Node v24.22.0, 15.6 GiB, 2 workers',
    )
  })

  it('shows a fall of what should be high as a fall', () => {
    const report = steppedTrend()
    const rates = report.series[2]
    if (rates === undefined) throw new Error('no rates')
    rates.changes = [{ at: 20, change: 0.09, pValue: 0.0001, verdict: 'worse', isAcknowledged: false }]
    expect(readingOf(trendPage(report), 'changes')).toContain('−9 %, worse, not explained deliveries')
  })

  it('says where a value is at least that, and where there are too few points to tell', () => {
    const [series] = steppedTrend().series as [TrendSeries]
    const points = series.points.slice(0, 7).map((point) => ({ ...point, isAtLeast: true }))
    const page = trendPage({ ...emptyTrend(), series: [{ ...series, points, changes: [], band: null }] })
    expect(readingOf(page, 'group-0')).toMatch(/≥ 2\d(\.\d)? ms, too few points on one environment to tell/)
    expect(readingOf(page, 'changes')).toContain('too few points on one environment to tell')
    expect(page).toContain('Too few points on one environment to tell</h1>')
    expect(page).not.toContain('No unexplained change')
  })

  it('says how many changes and series it leaves out, and how to see them', () => {
    const report = hugeTrend()
    const [series] = report.series as [TrendSeries]
    const all = Array.from({ length: 70 }, (_, n) => ({
      ...series,
      scenario: `scenario ${n}`,
      points: series.points.slice(-12),
      changes: [{ ...(series.changes[0] as TrendChange), at: 5 }],
    }))
    const page = trendPage({ ...report, series: all })
    expect(readingOf(page, 'changes')).toContain('and 10 more: stompede trend --json prints all.')
    expect(page.replaceAll(/\s+/g, ' ')).toContain(
      'more are not drawn: <code>stompede trend --json</code> prints all.',
    )
    expect(readingOf(trendPage({ ...report, series: all.slice(0, 60) }), 'changes')).not.toContain(' more')
  })

  it('leads from every point to its run, and from none that has no page beneath it', () => {
    const page = contentOf(trendPage(steppedTrend()))
    const hrefs = [...page.matchAll(/<a\s[^>]*href="([^"#]*)"/g)].map(([, href]) => href as string)
    expect(hrefs).toHaveLength(4 * 50 * 2)
    for (const href of hrefs) expect(href).toMatch(/^\.\/2026\d{4}-\d{6}-steady\/report\.html$/)
    expect(contentOf(trendPage(hostileTrend()))).not.toMatch(/href="[^#]/)
  })

  it('keeps the changes at their points where older ones are left out', () => {
    const [series] = hugeTrend().series
    if (series === undefined) throw new Error('no series')
    const shown = lastOf(series, 20)
    expect(shown.older).toBe(280)
    expect(shown.changes.map(({ at }) => at)).toEqual([10])
    expect(lastOf(series, 5).changes).toEqual([])
  })

  it('is at most a megabyte and does nothing it is told', () => {
    for (const report of [hugeTrend(), hostileTrend()]) {
      const page = trendPage(report)
      expect(Buffer.byteLength(page)).toBeLessThanOrEqual(1_000_000)
      expect(page.match(/<script/g)).toHaveLength(1)
      expect(page).not.toContain('<img')
    }
    expect(trendPage(hugeTrend())).toMatch(/older ones not shown/)
  })
})

function figureOf(page: string, id: string): string {
  const from = page.indexOf(`<figure id="figure-${id}">`)
  return page.slice(from, page.indexOf('</figure>', from))
}
