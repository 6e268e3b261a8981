import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageParts, reportPage } from '../../src/report/page/report-page.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { emptyResult, faultyResult, healthyResult, hostileResult, trendOf } from './fixture.ts'
import { expectGolden } from './golden.ts'
import { currentResult, firstResult, longResult, troubledResult } from './page-fixture.ts'
import { contentOf, readingOf } from './page.ts'

describe('the page', () => {
  it.each([
    ['report-healthy.html', currentResult],
    ['report-faulty.html', troubledResult],
    ['report-empty.html', emptyResult],
  ])('reads as in %s', (name, result) => {
    expectGolden(name, contentOf(reportPage(result())))
  })

  it('is written beside the result', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stompede-page-'))
    const [path = ''] = await REPORTERS.html(healthyResult(), directory)
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
    expect(reading).toContain(' broken message_delivery p(99)<250 ≥ 30,000 ms ≥ 120 × the limit ')
    expect(reading).toContain(' holds message_last_delivery p(99)<500 18.3 ms 96.3 % to spare ')
    expect(readingOf(reportPage(emptyResult()), 'thresholds')).toContain(
      ' not measured message_delivery p(99)<250 nothing measured – ',
    )
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

  it('has its parts in this order', () => {
    const page = reportPage(troubledResult())
    const heads = [...page.matchAll(/<h[12]>(?:<svg[\s\S]*?<\/svg>)?([^<]*)</g)].map(([, head]) => head)
    expect(heads).toEqual([
      'Read this run with care',
      'This target breaks on purpose',
      'Fail',
      'May this run be believed?',
      'Thresholds',
      'Delivery ledger',
      'Latency over time',
      'Percentiles',
      'Fan-out',
      'Load over time',
      'Latency by step',
      'Violations and errors',
      'Drift',
      'Generator',
      'This run',
    ])
    expect(page.indexOf('Evidence: suspect')).toBeLessThan(page.indexOf('<section'))
    // Every chapter is where the list of chapters says.
    for (const [, id] of page.matchAll(/<li><a href="#([^"]*)">/g))
      expect(page).toContain(`<section id="${id}">`)
  })

  it('states the finding of every chart, and has its figures as a table', () => {
    const page = reportPage(troubledResult())
    const titles = [...page.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) =>
      title?.replaceAll('\u00a0', ' '),
    )
    expect(titles).toEqual([
      'p99 stayed below 250 ms throughout; the slowest second had 27.4 ms, at 00:18',
      'Half of the deliveries arrived within 2.71 ms of their planned moment; 9.75 % of all samples are losses or timeouts',
      'The first member had a message after 1.90 ms, the whole room after 3.61 ms (medians)',
      '8 of 633 planned starts were dropped; 703 iterations ended',
      'At most 1,000 users were connected at once, 1,000 were wanted',
      'Up to 343 deliveries a second, 324 on average while there were any',
      'At most 6 deliveries were on their way at the end of a second',
      'Deliveries or payloads went wrong in 7 seconds, most at 00:13',
      'Errors of 8 classes came in 16 seconds, most at 00:15',
      'In the worst second work began 0.90 ms late (p99)',
      'The worst second’s loop delay was 1.91 ms (p99)',
      'The busiest worker used at most 59 % of a core',
    ])
    expect(page.match(/<summary>The same figures as a table<\/summary>/g)).toHaveLength(titles.length)
  })

  it('counts every delivery of the heatmap’s table, by latency', () => {
    const result = troubledResult()
    const rows = readingOf(reportPage(result), 'latency').split(/ (?=00:\d\d [\d,]+ )/)
    const counted = rows.slice(1).map((row) => {
      const [time = '', all = '', , , , ...bands] = row.trim().replaceAll(',', '').split(' ')
      return [Number(time.slice(3)), Number(all), bands.reduce((sum, count) => sum + Number(count), 0)]
    })
    const histograms = result.timeline.deliveryHistograms.map((each) => each?.count ?? 0)
    expect(counted).toEqual(histograms.map((count, i) => [i + 1, count, count]))
  })

  it('shows errors by class, those of the rarer classes together', () => {
    const reading = readingOf(reportPage(troubledResult()), 'load')
    expect(reading).toContain(
      ' Time http send-message: status 503 http send-message: timeout session: connection refused http typing-start: status 500 session: idle-timeout http connect: status 401 other classes ',
    )
    expect(reading).toMatch(/ 00:20 (\d+ ){6}3 /)
    expect(readingOf(reportPage(currentResult()), 'load')).toContain('In no second did a delivery, a payload')
  })

  it('shows percentiles as far as ten samples lie beyond, those among losses as at least', () => {
    const reading = readingOf(reportPage(troubledResult()), 'percentiles')
    expect(reading).toContain(' Percentile response time service time p50 2.71 2.19 ')
    expect(reading).toContain(' p99 ≥ 30,000 8.73 p99.5 ≥ 30,000 9.99 p99.9 – – ')
  })

  it('says of fan-out what is known, and why the median is not', () => {
    const reading = readingOf(reportPage(currentResult()), 'fan-out')
    expect(reading).toContain('663 messages reached 10.0 members each, on average.')
    expect(reading).toContain(' {audience:2-9} to 2-9 members 133 ')
    expect(reading).toContain(
      'the first and the last receipt are kept, not those between. Over all receipts of all messages the median was 2.48 ms.',
    )
  })

  it('shows a result of the first version, without the columns that came later', () => {
    const page = reportPage(firstResult())
    expect(readingOf(page, 'load')).toContain(
      '703 iterations ended; 633 starts were planned and none was dropped',
    )
    expect(readingOf(page, 'load')).toContain(' ended The same figures')
    expect(page).not.toContain('id="chart-lateness"')
    expect(contentOf(page)).not.toMatch(/NaN|undefined|Infinity/)
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
    expect(validity).toMatch(
      / not so The generator had processor time to spare \(busiest worker\)\s+→ one worker used 0\.97 .* 97 % 80 % /,
    )
    expect(validity).toContain(
      ' not judged No planned start found its user still busy nothing was planned – 0.1 % ',
    )
    const thresholds = readingOf(page, 'thresholds')
    expect(thresholds).toContain('This run is no evidence: they are not judged.')
    expect(thresholds).toContain(' not judged message_delivery p(99)<250 12.0 ms – ')
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

  it('has tables of at most 120 rows, and names their step', () => {
    const result = longResult(600)
    const reading = readingOf(reportPage(result), 'load')
    expect(reading).toContain('Each row is 5 s: rates are averages over it, levels the largest in it.')
    expect([...reading.matchAll(/ \d\d:\d\d (?=[\d,.]+ )/g)].length).toBeLessThanOrEqual(6 * 120)
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

describe('the page’s parts', () => {
  it('are plain data that make up the page', () => {
    const parts = pageParts(troubledResult())
    expect(JSON.parse(JSON.stringify(parts))).toEqual(parts)
    const page = reportPage(troubledResult())
    expect(page).toContain(`<div id="summary">${parts.summary}</div>`)
    for (const { id, html } of parts.sections) expect(page).toContain(`<section id="${id}">${html}</section>`)
    expect(parts.sheets.map(({ id, charts }) => [id, charts.map((chart) => chart.id)])).toEqual([
      [
        'time',
        [
          'latency',
          'pace',
          'users',
          'deliveries',
          'pending',
          'faults',
          'errors',
          'lateness',
          'loop-delay',
          'cpu',
        ],
      ],
      ['rank', ['distribution', 'fan-out']],
    ])
  })

  it('have as many values in every series as there are places on its axis', () => {
    for (const result of [troubledResult(), emptyResult(), firstResult(), longResult(2000)]) {
      for (const { at, charts } of pageParts(result).sheets) {
        for (const { id, series, heat } of charts) {
          for (const { values } of series) expect(values, id).toHaveLength(at.length)
          if (heat !== undefined) expect(heat.columns).toHaveLength(at.length)
        }
      }
    }
  })
})
