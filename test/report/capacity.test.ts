import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { capacityAnnotations } from '../../src/report/files/capacity-github.ts'
import { capacityJunit } from '../../src/report/files/capacity-junit.ts'
import { capacityMarkdown } from '../../src/report/files/capacity-markdown.ts'
import { widthOf } from '../../src/report/columns.ts'
import type { CapacityResult, CapacityStep } from '../../src/measure/capacity.ts'
import {
  capacityFigures,
  costBearers,
  headroomWords,
  loadText,
  rateText,
} from '../../src/report/capacity-words.ts'
import { capacityPage } from '../../src/report/page/capacity-page.ts'
import { capacityLines, summarizeCapacity } from '../../src/report/terminal/capacity-summary.ts'
import {
  bracketedSearch,
  emptySearch,
  hostileSearch,
  hugeSearch,
  shortSearch,
  undecidedSearch,
  unfitSearch,
} from './capacity-fixture.ts'
import { expectGolden } from './golden.ts'
import { contentOf, readingOf } from './page.ts'

const PUBLISHED = { isPublished: true, lambda: 100, sigma: 0, kappa: 0.1, says: 'a model' } as const

describe('the reports of a capacity search', () => {
  it.each([
    ['bracketed', bracketedSearch],
    ['short', shortSearch],
    ['undecided', undecidedSearch],
  ])('read as in capacity-%s.*', (name, result) => {
    expectGolden(`capacity-${name}.html`, contentOf(capacityPage(result())))
    expectGolden(`capacity-${name}.md`, capacityMarkdown(result()))
    expectGolden(`capacity-${name}.xml`, capacityJunit(result()))
    const written = ['reports/x/result.json', 'reports/x/report.html']
    expectGolden(`capacity-${name}.txt`, `${capacityLines(result(), { written }).join('\n')}\n`)
  })

  it('print low rates as they are: no two the same, none as nothing', () => {
    expect([0.31, 0.33, 0.04, 350.5].map((load) => loadText(load, 'arrivals/s'))).toEqual([
      '0.31 arrivals/s',
      '0.33 arrivals/s',
      '0.04 arrivals/s',
      '350.5 arrivals/s',
    ])
    expect([0.031_24, 1.234, 9.2, 85.31, 11_240.4].map(rateText)).toEqual([
      '0.0312',
      '1.23',
      '9.2',
      '85.3',
      '11,240',
    ])
    expect(headroomWords(1 - 0.5 / 0.4, 0.5, 'arrivals/s')).toBe('0.1 short of 0.5 arrivals/s')
    expect(headroomWords(1 - 15_000 / 12_400, 15_000, 'users')).toBe('2,600 short of 15,000 users')
    const result = bracketedSearch()
    result.plan = { ...result.plan, unit: 'arrivals/s', startLoad: 0.031_25, plannedLoad: 0.0412 }
    result.estimate = { load: 0.414_23, method: 'isotonic' }
    result.scalability = { ...PUBLISHED, peakLoad: 0.612_34, peakInterval: null }
    result.steps = result.steps.map((step) => ({ ...step, load: step.load / 30_000 }))
    const page = capacityPage(result)
    expect(page.match(/estimate 0\.4142 arrivals\/s/g)).toHaveLength(2)
    expect(page).toContain('model’s peak 0.6123')
    expect(readingOf(page, 'run')).toMatch(/Begins with 0\.03125 .*Planned load 0\.0412/)
    expect(capacityLines(result).join('\n')).toContain('0.4142 arrivals/s, beside the bracket')
  })

  it('draw no processor time of a broker that tells none', () => {
    const result = bracketedSearch()
    for (const each of result.steps.flatMap(({ resources }) => resources))
      if (each.name === 'broker') Object.assign(each, { cores: 0, cpuCores: 0, cpuSeconds: 0 })
    const reading = readingOf(capacityPage(result), 'resources')
    expect(reading).toMatch(/broker ?: processor time not told/)
    expect(reading).not.toContain('0 of 0 cores')
    expect(reading).toMatch(/api ?: [\d.]+ of 8 cores/)
  })

  it('say whose cost it is', () => {
    const result = bracketedSearch()
    const of = (processes: string[]): string | undefined => {
      result.cost = { ...result.cost, processes }
      return costBearers(result)
    }
    expect([[], ['api'], ['api', 'rabbit'], ['api', 'rabbit', 'cache']].map(of)).toEqual([
      undefined,
      'api',
      'api and rabbit',
      'api, rabbit and cache',
    ])
    expect(readingOf(capacityPage(result), 'cost')).toMatch(/Of api, rabbit and cache\s*, idle cost included/)
    expect(capacityLines(result).join(' ')).toMatch(/of\s+api, rabbit\s+and cache/)
    result.cost.processes = []
    expect(readingOf(capacityPage(result), 'cost')).toContain(
      'Of the target’s processes that could be watched',
    )
  })

  it('tell each objective at both ends of the bracket by the worst that was seen', () => {
    const reading = readingOf(capacityPage(bracketedSearch()), 'objectives')
    expect(reading).toContain('At the verified 12,400 users At the refuted 13,020 users')
    expect(reading).toContain('message_last_delivery:p(99)<250 3 of 3 held 166 to 174 0 of 3 held 285 to 303')
  })

  it('keep steps that say nothing about the target out of every figure about it', () => {
    const reading = readingOf(capacityPage(shortSearch()), 'objectives')
    // One of the three repeats at 12,400 could not be run.
    expect(reading).toContain('message_last_delivery:p(99)<250 2 of 2 held')
    const lines = capacityLines(shortSearch()).join('\n')
    expect(lines).toMatch(/12,400 +2 of 2/)
    expect(lines).not.toMatch(/13,264/)
    expect(lines).toContain('1 step in which the generator was not fit to measure')
    expect(lines).toContain('1 step that could not be run')
  })

  it('draw a model only where it is published', () => {
    expect(capacityPage(bracketedSearch())).toContain('model’s peak 19,400')
    const reading = capacityPage(shortSearch())
    expect(reading).not.toContain('model’s peak')
    expect(readingOf(reading, 'throughput')).toContain('No model is drawn: 5 levels of load were measured')
  })

  it('say that the target may hold more where the generator ended first', () => {
    const result = bracketedSearch()
    result.bracket = {
      verified: 26_700,
      repeats: 3,
      refuted: null,
      refutedRepeats: 0,
      outcome: 'generator-limited',
    }
    const page = capacityPage(result)
    expect(page).toContain('The generator ended before the target did')
    expect(page).toContain('end of the generator 26,700')
    expect(readingOf(page, 'bracket')).not.toContain('did not hold')
  })

  it('say of a search whose generator was not fit at any load that nothing is known of the target, and what to do', () => {
    const result = unfitSearch()
    const page = capacityPage(result)
    expect(page).toContain('The generator was not fit to measure at any load that was tried')
    expect(page).toContain('<code>--workers</code>')
    expect(page).not.toMatch(/held (?:everything|all)|without a loss|end of the generator/)
    expect(readingOf(page, 'bracket')).toContain(
      'Nothing was confirmed; the generator was not fit to measure.',
    )
    expect(capacityJunit(result)).toMatch(
      /name="bracket"[^>]*>(?:<properties>.*?<\/properties>)<error message="nothing was confirmed; the generator was not fit to measure"/,
    )
    result.steps[0] = { ...(result.steps[0] as CapacityStep), outcome: 'pass' }
    expect(capacityPage(result)).not.toContain('at any load that was tried')
    expect(capacityPage(result)).toContain('Too few steps say anything about the target')
  })

  it('word an open end by what ended the search', () => {
    const endings = {
      budget: 'time ran out',
      signal: 'a signal stopped',
      plan: 'runs could not be made any more',
    }
    for (const [stoppedBy, words] of Object.entries(endings)) {
      const result = undecidedSearch()
      result.run.stoppedBy = stoppedBy as CapacityResult['run']['stoppedBy']
      result.verdict.reasons = []
      for (const text of [readingOf(capacityPage(result), 'bracket'), capacityJunit(result)]) {
        expect(text).toContain(`othing was confirmed; ${words}`)
        expect(text.includes('time ran out')).toBe(stoppedBy === 'budget')
      }
    }
  })

  it('draw a limit, an estimate and a monotone line of p99 alone, and plot what any other objective is about', () => {
    const drawn = (objective: string, observed: number): string => {
      const result = bracketedSearch()
      result.plan.objectives[0] = objective
      for (const step of result.steps)
        step.objectives = step.objectives.map((row, i) =>
          i === 0 ? { ...row, expression: objective, observed } : row,
        )
      return capacityPage(result)
    }
    const p99 = drawn('message_last_delivery:p(99)<250', 1)
    expect(readingOf(p99, 'latency')).toMatch(
      /p99 is 168 ms at .*; the limit is 250 ms .* p99 made monotone estimate/,
    )
    for (const [objective, name] of [
      ['message_last_delivery:p(95)<250', 'p95'],
      ['message_last_delivery:p(99.9)<250', 'p99.9'],
      ['message_last_delivery{kind:text}:max<250', 'max'],
      ['message_last_delivery:avg<250', 'mean'],
    ] as const) {
      const page = drawn(objective, 77)
      const latency = readingOf(page, 'latency')
      expect(latency).toContain(`${name} is 77.0 ms at 12,400 users and 77.0 ms at 13,020 users`)
      expect(latency).toContain(`p50 and ${name} are those`)
      expect(latency).not.toMatch(/p99(?!\.9)|monotone|estimate|the limit is/)
      expect(page).toMatch(
        new RegExp(
          `aria-label="step 12 \\(refute\\), 13,020 users: p50 28.0 ms, ${name} 77.0 ms, did not hold"`,
        ),
      )
    }
    // One mark is enough where the objective is the median.
    const median = readingOf(drawn('message_last_delivery:med<250', 77), 'latency')
    expect(median).toContain('p50 is 77.0 ms at 12,400 users')
    expect(median).toMatch(/recovery step 1 \(ramp\), 1,000 users: p50 77\.0 ms, held/)
  })

  it('print ≥ before what lies among timeouts and losses, wherever it stands', () => {
    const result = bracketedSearch()
    for (const step of result.steps) {
      if (step.phase !== 'refute' || step.latency === null) continue
      step.latency = { ...step.latency, p99Us: 10_000_000, atLeast: ['99'] }
      step.objectives = step.objectives.map((row, i) =>
        i === 0 ? { ...row, observed: 10_000, isAtLeast: true } : row,
      )
    }
    const page = capacityPage(result)
    expect(readingOf(page, 'latency')).toContain(
      'p99 is 168 ms at 12,400 users and ≥ 10,000 ms at 13,020 users',
    )
    expect(readingOf(page, 'latency')).toContain('13,020 3 27.6 ≥ 10,000 ≥ 10,000 ≥ 10,000 0 of 3')
    expect(page).toContain('13,020 users: p50 28.0 ms, p99 ≥ 10,000 ms, did not hold')
    expect(readingOf(page, 'steps')).toMatch(/12 refute 13,020 U .* 28\.0 ≥ 10,000 /)
    expect(readingOf(page, 'objectives')).toContain('0 of 3 held ≥ 10,000')
    expect(capacityMarkdown(result)).toMatch(/\| 13,020 \| 0 of 3 \| [\d.]+ \| ≥ 10,000 \|/)
    expect(capacityLines(result).join('\n')).toMatch(/13,020 +0 of 3 +[\d.]+ +≥ 10,000 /)
    expect(capacityPage(bracketedSearch())).not.toContain('≥')
  })

  it('say in words by which rule a step holds whose generator was late', () => {
    const result = bracketedSearch()
    expect(readingOf(capacityPage(result), 'steps')).not.toContain('planned moment')
    const reason = 'held although the generator was unfit: lateness 3.5 ms, limit 2.5 ms'
    result.steps[3] = { ...(result.steps[3] as CapacityStep), validity: 'invalid', reasons: [reason] }
    expect(readingOf(capacityPage(result), 'steps')).toMatch(
      /a latency counts from the planned moment, so a generator that is late makes it longer and never shorter.* 4 ramp 4,096 held held although the generator was unfit: lateness 3\.5 ms/,
    )
  })

  it('claim that something ran out only where a load was refuted', () => {
    const result = bracketedSearch()
    result.limit = null
    expect(readingOf(capacityPage(result), 'resources')).toContain('It could not be seen what ran out.')
    result.bracket = { ...result.bracket, refuted: null, refutedRepeats: 0, outcome: 'generator-limited' }
    expect(readingOf(capacityPage(result), 'resources')).toContain('nothing is known to have run out')
    expect(readingOf(capacityPage(result), 'steps')).not.toContain('refuted')
  })

  it('are bounded, whatever was run and whatever the target says', () => {
    for (const result of [hugeSearch(), hostileSearch()]) {
      expect(Buffer.byteLength(capacityPage(result))).toBeLessThanOrEqual(1_000_000)
      const markdown = capacityMarkdown(result)
      expect(markdown.split('\n').length).toBeLessThanOrEqual(60)
      expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(48_000)
      const lines = capacityLines(result)
      expect(lines.length).toBeLessThanOrEqual(40)
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80)
    }
    expect(readingOf(capacityPage(hugeSearch()), 'steps')).toMatch(
      /1,200 steps .* The last [\d,]+ are in result\.json alone/,
    )
  })

  it('say what of the verified load is free, not how much lies above the planned one', () => {
    const words = '27 % of the verified load is free at 9,000 users'
    const result = bracketedSearch()
    expect(readingOf(capacityPage(result), 'bracket')).toContain(`Headroom: ${words} (tight).`)
    expect(contentOf(capacityPage(result))).toMatch(
      />27 %<\/dd>\s*<dd class="more">of the verified load is free at 9,000 users: tight</,
    )
    expect(capacityMarkdown(result)).toContain(`| headroom | ${words}: tight |`)
    expect(capacityLines(result).join('\n').replaceAll('\u00a0', ' ')).toContain(`${words}: tight`)
    expect(capacityJunit(result)).toContain(`name="says" value="${words}"`)
    expect(capacityFigures(result)).toContain(words)
    // Cut: 29.9 % is not ample, and neither is it 30 %.
    expect(headroomWords(0.2999, 7001, 'users')).toMatch(/^29 %/)
    expect(headroomWords(1 - 7 / 10, 7, 'users')).toMatch(/^30 %/)
  })

  it('never obey what came from outside', () => {
    const page = capacityPage(hostileSearch())
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toContain('<img')
    for (const [, href] of contentOf(page).matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^#/)
    expect(contentOf(page).replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}‪-‮⁦-⁩\u2028\u2029]/u)
    const markdown = capacityMarkdown(hostileSearch())
    // In code nothing is markup.
    expect(markdown.replaceAll(/```[^]*?```|(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)/g, '')).not.toContain(
      '<script',
    )
    expect(markdown).not.toMatch(/^\|.*[^\\]\|b/m)
    expect(capacityJunit(hostileSearch())).not.toContain('<script')
    // oxlint-disable-next-line no-control-regex -- that none is printed is what is asked
    expect(capacityLines(hostileSearch()).join('')).not.toMatch(/[\x00-\x1f]/)
  })

  it('lead to the steps’ own results and nowhere else', () => {
    const page = contentOf(capacityPage(bracketedSearch()))
    const hrefs = [...page.matchAll(/<a\s[^>]*href="([^"#]*)"/g)].map(([, href]) => href)
    expect(new Set(hrefs).size).toBe(19)
    expect(hrefs).toContain('./steps/11-verify-12400/result.json')
    for (const href of hrefs) expect(href).toMatch(/^\.\/steps\/[\w-]+\/result\.json$/)
  })

  it('turn red in CI where the search does, and nowhere else', () => {
    expect(capacityAnnotations(bracketedSearch())).toEqual([])
    expect(capacityAnnotations(shortSearch())).toHaveLength(3)
    expect(capacityAnnotations(shortSearch())[1]).toBe(
      '::error title=Not enough%3A steady::12,400 users are verified, 15,000 are planned',
    )
    expect(capacityAnnotations(undecidedSearch())[0]).toMatch(
      /^::warning title=Inconclusive%3A steady::No load/,
    )
    expect(capacityJunit(bracketedSearch())).toContain('failures="0" errors="0" skipped="0"')
    expect(capacityJunit(shortSearch())).toMatch(
      /name="planned load"[^]*?<failure message="2,600 short of 15,000 users"/,
    )
    expect(capacityJunit(undecidedSearch())).toMatch(/failures="0" errors="1"/)
    const unfit = {
      ...bracketedSearch(),
      verdict: { status: 'inconclusive' as const, exitCode: 13, reasons: ['why'] },
    }
    expect(capacityJunit(unfit)).toMatch(
      /name="verdict"[^]*<error message="Inconclusive: Verified 12,400 users/,
    )
  })

  it('say once what is left open', () => {
    const result = undecidedSearch()
    const open = result.undecided[0] ?? ''
    result.verdict.reasons = [open]
    for (const text of [
      capacityPage(result),
      capacityMarkdown(result),
      capacityAnnotations(result).join('\n'),
      capacityLines(result, { columns: 200 }).join('\n'),
    ])
      expect(text.split(open)).toHaveLength(2)
  })

  it('say of a search that never began that it never began', () => {
    expect(capacityLines(emptySearch()).join('\n')).toContain('no load was confirmed')
    expect(readingOf(capacityPage(emptySearch()), 'steps')).toContain('No step was run.')
    expect(capacityMarkdown(emptySearch())).toContain('Nothing was run.')
  })

  it('have no colour where there is no terminal', () => {
    const text = summarizeCapacity(bracketedSearch(), {
      stream: new PassThrough(),
      written: ['a/result.json'],
    })
    expect(text).toContain('✔ CAPACITY FOUND   steady · 19 steps')
    expect(text).not.toContain('\u001b')
    expect(text).toMatch(/\nresult {5}a\/result\.json$/)
  })
})
