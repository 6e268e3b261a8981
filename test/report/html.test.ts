import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { reportPage } from '../../src/report/html.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { emptyResult, faultyResult, healthyResult, hostileResult, trendOf } from './fixture.ts'
import { expectGolden } from './golden.ts'
import { contentOf, readingOf } from './page.ts'

/** A soak: `seconds` of deliveries, with everything a timeline holds. */
function longResult(seconds: number): RunResult {
  const result = healthyResult()
  const { columns } = result.timeline
  const histograms = Array.from({ length: 20 }, (_, i) => {
    const histogram = new Histogram(2)
    for (let n = 0; n < 400; n++) histogram.record(1000 + ((n * 7919 + i * 104_729) % 40_000))
    return histogram.encode()
  })
  for (const [name, values] of Object.entries(columns)) {
    columns[name] = Array.from({ length: seconds }, (_, i) =>
      name === 'second' ? i + 1 : (values[i % values.length] as number) + (i % 13),
    )
  }
  result.timeline.deliveryHistograms = Array.from(
    { length: seconds },
    (_, i) => histograms[i % 20] as (typeof histograms)[number],
  )
  return result
}

describe('the page', () => {
  it.each([
    ['report-healthy.html', healthyResult],
    ['report-faulty.html', faultyResult],
    ['report-empty.html', emptyResult],
  ])('reads as in %s', (name, result) => {
    expectGolden(name, contentOf(reportPage(result())))
  })

  it('is written beside the result', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stompede-page-'))
    const path = await REPORTERS.html(healthyResult(), directory)
    expect(path).toBe(join(directory, 'report.html'))
    expect(await readFile(path, 'utf8')).toBe(reportPage(healthyResult()))
    await rm(directory, { recursive: true })
  })

  it('shows the ledger to the delivery', () => {
    const reading = readingOf(reportPage(faultyResult()), 'deliveries')
    expect(reading).toContain('6,482 owed = 6,441 arrived (99.4 %) + 0 late + 41 lost')
    expect(reading).toContain(
      ' Lost 41 0 never arrived head 3 before the first arrival from that sender middle 31 between two arrivals tail 7 after',
    )
    expect(reading).toContain(' Duplicated 12 0 received twice')
    expect(reading).toContain(' Reordered 5 overtaken')
    expect(reading).toContain(' Leaked 9 0 received by someone not entitled')
    expect(reading).toContain(' Lost in a gap 4 published while')
    expect(reading).toContain(' rejected 7 refused')
    expect(reading).toContain(' duplicated messages 1017 31 4 207 17.204 s received again ')
  })

  it('shows thresholds with what was observed, the margin and the state in a word', () => {
    const reading = readingOf(reportPage(faultyResult()), 'thresholds')
    expect(reading).toContain(' message_delivery p(99)<250 ≥ 30,000 ms ≥ 120 × the limit broken ')
    expect(reading).toContain(' message_last_delivery p(99)<500 18.3 ms 96.3 % to spare holds ')
    expect(readingOf(reportPage(emptyResult()), 'thresholds')).toContain('nothing measured – not measured')
  })

  it('shows latencies to three digits and marks those with few samples beyond and those that are only at least', () => {
    const result = healthyResult()
    result.trends = {
      message_delivery: trendOf(Array.from({ length: 2000 }, (_, i) => 1000 + i)),
      ws_connecting: trendOf([1500, 1500, 1500], [10_000_000]),
    }
    const reading = readingOf(reportPage(result), 'steps')
    expect(reading).toMatch(/ 2,000 2\.00 2\.80\s+2\.98 3\.00 \* 3\.00 /)
    expect(reading).toMatch(/ 4 1\.50 \* ≥ 10,000 \* \s*≥ 10,000 \* \s*≥ 10,000 \* \s*≥ 10,000 /)
  })

  it('tells which checks a run failed that is no evidence', () => {
    const result = healthyResult()
    result.validity.status = 'invalid'
    const proposal = 'one worker used 0.97 of a core: use --workers 2, or -u 740'
    Object.assign(result.validity.checks[2] as object, { value: 0.97, status: 'invalid', proposal })
    Object.assign(result.validity.checks[3] as object, { isJudged: false, note: 'nothing was planned' })
    result.thresholds = result.thresholds.map((row) => ({ ...row, status: 'unknown' }))
    result.verdict = { status: 'inconclusive', exitCode: 13, reasons: ['cpu: too busy'] }
    const page = reportPage(result)
    expect(page.indexOf('This run is no evidence')).toBeLessThan(page.indexOf('Inconclusive</h1>'))
    expect(page.indexOf(proposal)).toBeLessThan(page.indexOf('Inconclusive</h1>'))
    const validity = readingOf(page, 'validity')
    expect(validity).toContain(`(busiest worker) → ${proposal} 97 % 80 % not so`)
    expect(validity).toContain('still busy nothing was planned – 0.1 % not judged')
    const thresholds = readingOf(page, 'thresholds')
    expect(thresholds).toContain('This run is no evidence: they are not judged.')
    expect(thresholds).toContain('p(99)<250 12.0 ms – not judged')
    expect(thresholds).not.toMatch(/\b(holds|broken)\b/)
  })
})

describe('the page’s size', () => {
  it('is at most 120 KB before there is a run in it', () => {
    expect(Buffer.byteLength(reportPage(emptyResult()))).toBeLessThan(120_000)
  })

  it.each([600, 14_400])('is at most 1 MB for %d seconds', (seconds) => {
    expect(Buffer.byteLength(reportPage(longResult(seconds)))).toBeLessThan(1_000_000)
  })

  it('does not grow with the megabytes of a target', () => {
    const page = reportPage(hostileResult())
    expect(page).toContain('more characters)')
    expect(Buffer.byteLength(page)).toBeLessThan(400_000)
  })
})

describe('the page’s safety', () => {
  const pages = [healthyResult, faultyResult, hostileResult, emptyResult].map((result) =>
    reportPage(result()),
  )

  it('runs its own scripts and styles only, by their hashes', () => {
    for (const page of pages) {
      const policy =
        /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/
          .exec(page)?.[1]
          ?.replaceAll('&#39;', "'") ?? ''
      expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/)
      expect(policy).not.toContain('unsafe')
      const bodies = [...page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)].map(
        (match) => match[2] as string,
      )
      expect(bodies).toHaveLength(4)
      for (const body of bodies)
        expect(policy).toContain(`'sha256-${createHash('sha256').update(body).digest('base64')}'`)
    }
  })

  it('refers to nothing outside itself', () => {
    for (const page of pages) {
      const tags = contentOf(page).match(/<[a-z][^>]*>/g) ?? []
      for (const tag of tags) {
        expect(tag).not.toMatch(/\s(?:src|srcset|action|style|on\w+)=/)
        expect(tag).not.toMatch(/\shref="[^#]/)
      }
    }
  })

  it('holds no element, control character or turned direction that a payload brought along', () => {
    const [, , hostile = ''] = pages
    expect(hostile.match(/<script/g)).toHaveLength(4)
    expect(hostile).not.toContain('<img')
    expect(contentOf(hostile).replaceAll(/[\n\t]/g, '')).not.toMatch(
      /[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u,
    )
    expect(hostile).toContain('&lt;/script&gt;&lt;script&gt;document.title=&quot;owned&quot;')
    expect(hostile).toContain('⟨U+202E⟩exe.gnp␀␛[2J')
  })
})
