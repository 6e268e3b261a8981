import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { trendCommand } from '../../src/commands/trend.ts'
import type { RunResult } from '../../src/measure/result.ts'
import type { TrendReport } from '../../src/measure/trend.ts'
import { CONFORMANCE_REPORTERS } from '../../src/report/conformance-reporters.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { bracketedSearch } from '../report/capacity-fixture.ts'
import { nonconformantResult } from '../report/conformance-fixture.ts'
import { fails, healthyResult } from '../report/fixture.ts'
import { commit, day, line } from '../trend/lines.ts'
import { type Ended, runCommand } from './in-process.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-trend-'))
afterAll(() => rmSync(root, { recursive: true }))

const shelf = (): string => mkdtempSync(join(root, 'shelf-'))
const trend = (...words: string[]): Promise<Ended> => runCommand(trendCommand, ['trend', ...words])

async function trendOf(reports: string, ...words: string[]): Promise<TrendReport & { page: string | null }> {
  const { stdout, error } = await trend('--reports', reports, '--json', ...words)
  expect(error).toBeUndefined()
  return JSON.parse(stdout) as TrendReport & { page: string | null }
}

async function store(
  reports: string,
  directory: string,
  over: (result: RunResult) => void = () => {},
): Promise<RunResult> {
  const result = healthyResult()
  over(result)
  await REPORTERS.json(result, join(reports, directory))
  return result
}

/** The index of 40 commits whose p99 rises by a fifth at the 25th; nothing else is left of their runs. */
function indexed(reports: string): void {
  const lines = Array.from({ length: 40 }, (_, n) => {
    const p99 = 100 * (1 + 0.02 * Math.sin(n * 12.9898)) * (n >= 25 ? 1.2 : 1)
    return line({
      directory: `run-${n}`,
      startedAt: day(n),
      commit: commit(n),
      figures: { last_delivery_p99: p99 },
    })
  })
  writeFileSync(join(reports, 'index.ndjson'), lines.map((each) => `${JSON.stringify(each)}\n`).join(''))
}

describe('stompede trend', () => {
  it('reads each result once, and shows the gated metrics of runs', async () => {
    const reports = shelf()
    const result = await store(
      reports,
      '20261122-101530-steady',
      ({ run }) => (run.tags = { commit: commit(0) }),
    )
    const { series, passedOver, page } = await trendOf(reports)
    expect(passedOver).toEqual([])
    expect(page).toBe(join(reports, 'trend.html'))
    expect(readFileSync(join(reports, 'trend.html'), 'utf8')).toContain('<')
    expect(series.map(({ metric }) => metric.id)).toEqual([
      'last_delivery_p50',
      'last_delivery_p99',
      'deliveries_per_second',
    ])
    expect(series[1]?.points).toEqual([
      expect.objectContaining({
        commit: commit(0),
        value: (result.trends['message_last_delivery']?.percentilesUs['99'] as number) / 1e3,
        directories: ['20261122-101530-steady'],
      }),
    ])
    // A result never changes: what the index says is believed.
    const index = join(reports, 'index.ndjson')
    const written = readFileSync(index, 'utf8')
    writeFileSync(index, written.replace(/"last_delivery_p99":[\d.]+/, '"last_delivery_p99":7'))
    expect((await trendOf(reports)).series[1]?.points[0]?.value).toBe(7)
    expect((await trendOf(reports, '--reindex')).series[1]?.points[0]?.value).not.toBe(7)
    expect(readFileSync(index, 'utf8')).toBe(written)
  })

  it('shows the verified load of capacity searches, and makes nothing of gates', async () => {
    const reports = shelf()
    const search = bracketedSearch()
    mkdirSync(join(reports, 'search'))
    writeFileSync(join(reports, 'search', 'result.json'), JSON.stringify(search))
    await CONFORMANCE_REPORTERS.json(nonconformantResult(), join(reports, 'gate'))
    const { series, passedOver } = await trendOf(reports)
    expect(passedOver).toEqual([])
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({
      scenario: search.plan.scenario,
      planHash: `${search.plan.hash}, ${search.plan.unit} at ${search.plan.objectives.join(', ')}`,
      users: null,
      metric: { id: 'verified_load', unit: 'count', isWorseWhenHigher: false },
      points: [{ value: search.bracket.verified }],
    })
    expect(readFileSync(join(reports, 'index.ndjson'), 'utf8').split('\n').filter(Boolean)).toHaveLength(2)
  })

  it('passes over what it cannot read or use, says why, and loses nothing', async () => {
    const reports = shelf()
    const put = (name: string, file: string, text: string): void => {
      mkdirSync(join(reports, name))
      writeFileSync(join(reports, name, file), text)
    }
    await store(reports, 'c-good')
    put('a-damaged', 'result.json', '{"schema": "stompede.result", "run')
    put('b-newer', 'result.json', JSON.stringify({ ...healthyResult(), schemaVersion: '9.0.0' }))
    put('d-killed', 'events.ndjson', '{}\n')
    await store(reports, 'e-part', ({ run }) => Object.assign(run, { isPartial: true, stoppedBy: 'signal' }))
    await store(reports, 'f-invalid', fails('loop-delay'))
    put('g-other', 'notes.txt', '')
    appendFileSync(join(reports, 'index.ndjson'), '{"v":7}\n{"v":1,"torn')
    const { series, passedOver } = await trendOf(reports)
    expect(series[0]?.points.map(({ directories }) => directories)).toEqual([['c-good']])
    expect(passedOver).toEqual([
      'index.ndjson, line 1: its version is 7, this is a reader of 1',
      'index.ndjson, line 2: it is torn',
      expect.stringMatching(/^a-damaged: .* is not JSON/),
      expect.stringMatching(/^b-newer: .* has version 9\.0\.0/),
      expect.stringMatching(/^d-killed: it has no result/),
      'e-part: it was ended by a signal',
      'f-invalid: it was not valid (loop-delay)',
    ])
    // What is torn was ended before the next line; what another version wrote is still there, even after --reindex.
    expect((await trendOf(reports)).passedOver).toHaveLength(7)
    const again = await trendOf(reports, '--reindex')
    expect(again.series[0]?.points).toHaveLength(1)
    expect(readFileSync(join(reports, 'index.ndjson'), 'utf8')).toMatch(
      /^\{"v":7\}\n\{"v":1,"torn\n\{"v":1,"directory":"c-good"/,
    )
  })

  it('leaves no run out that a slow target made unfit, or that a threshold ended', async () => {
    const reports = shelf()
    await store(reports, 'a-busy', fails('dropped'))
    await store(reports, 'b-unanswered', fails('drained'))
    await store(reports, 'c-ended', ({ run }) =>
      Object.assign(run, { isPartial: true, stoppedBy: 'threshold' }),
    )
    const { series, passedOver } = await trendOf(reports)
    expect(passedOver).toEqual([])
    expect(series[1]?.points.map(({ directories }) => directories)).toEqual([
      ['a-busy'],
      ['b-unanswered'],
      ['c-ended'],
    ])
  })

  it('reads a search that has no answer yet again: it may have gone on', async () => {
    const reports = shelf()
    const path = join(reports, 'search', 'result.json')
    mkdirSync(join(reports, 'search'))
    const cut = bracketedSearch()
    Object.assign(cut.run, { isPartial: true, stoppedBy: 'budget' })
    cut.bracket.verified = 8000
    writeFileSync(path, JSON.stringify(cut))
    const index = (): string => readFileSync(join(reports, 'index.ndjson'), 'utf8')
    for (const _ of ['first', 'again'])
      expect((await trendOf(reports)).passedOver).toEqual(['search: its search was cut short (budget)'])
    // Read again, and found to be what it was.
    expect(index().split('\n')).toHaveLength(2)
    writeFileSync(path, JSON.stringify(bracketedSearch()))
    const { series, passedOver } = await trendOf(reports)
    expect(passedOver).toEqual([])
    expect(series[0]?.points.map(({ value }) => value)).toEqual([bracketedSearch().bracket.verified])
    expect(index().split('\n')).toHaveLength(3)
  })

  it('keeps what the index says of runs whose results are gone, without a link to them', async () => {
    const reports = shelf()
    indexed(reports)
    for (const words of [[], ['--reindex']]) {
      const { series } = await trendOf(reports, ...words)
      expect(series[0]?.points).toHaveLength(40)
      expect(series[0]?.points[0]).toMatchObject({ runs: 1, directories: [] })
      expect(series[0]?.changes.map(({ at, verdict }) => [at, verdict])).toEqual([[25, 'worse']])
    }
  })

  it('tells the last change in a line, and ends well whatever it is', async () => {
    const reports = shelf()
    indexed(reports)
    const { stdout, error } = await trend('--reports', reports)
    expect(error).toBeUndefined()
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'steady · 1,000 users · Example CPU, 2 cores, Linux · reference target, RabbitMQ',
      expect.stringMatching(
        new RegExp(
          `^  p99 send → last  1\\d\\d ms  40 points  \\+(19|20|21)(\\.\\d)? % worse since ${commit(25).slice(0, 10)}$`,
        ),
      ),
    ])
    expect(stdout).toContain(`page       ${join(reports, 'trend.html')}`)
  })

  it('cuts hashes short, and no names', async () => {
    const reports = shelf()
    indexed(reports)
    const file = join(reports, 'index.ndjson')
    writeFileSync(file, readFileSync(file, 'utf8').replace(commit(25), 'release-2026-07-spring'))
    const { stdout } = await trend('--reports', reports)
    expect(stdout).toMatch(/ worse since release-2026-07-spring$/m)
    const page = readFileSync(join(reports, 'trend.html'), 'utf8')
    expect(page).toContain('release-2026-07-spring')
    expect(page).toContain(commit(24).slice(0, 10))
    expect(page).not.toContain(commit(24).slice(0, 11))
  })

  it('tells a fall of what should be high as a fall, a censored figure as one, and two plans apart', async () => {
    const reports = shelf()
    const lines = Array.from({ length: 40 }, (_, n) => {
      const level = 1 + 0.02 * Math.sin(n * 12.9898)
      return line({
        directory: `run-${n}`,
        startedAt: day(n),
        commit: commit(n),
        figures: {
          last_delivery_p99: 100 * level,
          deliveries_per_second: (n >= 25 ? 170 : 200) * level,
        },
        atLeast: n === 39 ? ['last_delivery_p99'] : [],
      })
    })
    const other = line({ directory: 'other', startedAt: day(1), planHash: 'another', commit: commit(1) })
    writeFileSync(
      join(reports, 'index.ndjson'),
      [...lines, other].map((each) => `${JSON.stringify(each)}\n`).join(''),
    )
    const { stdout } = await trend('--reports', reports)
    const machine = 'Example CPU, 2 cores, Linux · reference target, RabbitMQ'
    expect(stdout.split('\n').slice(0, 7)).toEqual([
      `steady · 1,000 users, plan 5f0c9a7e21b4d836 · ${machine}`,
      expect.stringMatching(/^ {2}p99 send → last {2}≥ [\d.]+ ms +40 points {2}no change found$/),
      expect.stringMatching(
        new RegExp(
          `^ {2}deliveries +1\\d\\d/s +40 points {2}−1[456](\\.\\d)? % worse since ${commit(25).slice(0, 10)}$`,
        ),
      ),
      '',
      `steady · 1,000 users, plan another · ${machine}`,
      expect.stringMatching(/ 1 point {2}too few points on one environment to tell$/),
      expect.stringMatching(/ 1 point {2}too few points on one environment to tell$/),
    ])
  })

  it('keeps which percentiles lie among losses, and links only pages that are there', async () => {
    const reports = shelf()
    const onePoint = { commit: commit(0) }
    await store(reports, 'a', ({ run, trends }) => {
      run.tags = onePoint
      for (const summary of Object.values(trends)) summary.atLeast = ['99', '99.9']
    })
    const censored = await trendOf(reports)
    expect(censored.series.map(({ metric, points }) => [metric.id, points[0]?.isAtLeast])).toEqual([
      ['last_delivery_p50', false],
      ['last_delivery_p99', true],
      ['deliveries_per_second', false],
    ])
    expect(censored.series[0]?.points[0]).toMatchObject({ directories: ['a'], page: null })
    const page = (): string => readFileSync(join(reports, 'trend.html'), 'utf8')
    expect(page()).not.toContain('report.html')
    await store(reports, 'b', ({ run }) => (run.tags = onePoint))
    writeFileSync(join(reports, 'b', 'report.html'), '')
    expect((await trendOf(reports)).series[0]?.points[0]).toMatchObject({
      directories: ['a', 'b'],
      page: 'b/report.html',
    })
    expect(page()).toContain('./b/report.html')
  })

  it('says so where there is nothing', async () => {
    expect((await trend('--reports', shelf())).stdout).toMatch(/^no run that a trend can be made of\n/)
    const { error } = await trend('--reports', join(root, 'nowhere'))
    expect([error?.code, error?.exitCode]).toEqual(['RESULT_UNREADABLE', 2])
  })
})

describe('stompede trend --note', () => {
  it('acknowledges a change at a commit, for good', async () => {
    const reports = shelf()
    indexed(reports)
    const short = commit(25).slice(0, 9)
    const now = await trendOf(reports, '--note', 'encrypted fan-out', '--at', short)
    const later = await trendOf(reports)
    for (const { series } of [now, later]) {
      expect(series[0]?.changes[0]?.isAcknowledged).toBe(true)
      expect(series[0]?.points[25]?.note).toBe('encrypted fan-out')
    }
    const [note] = readFileSync(join(reports, 'notes.ndjson'), 'utf8').split('\n')
    expect(JSON.parse(note ?? '')).toEqual({
      v: 1,
      at: expect.any(String) as string,
      of: short,
      text: 'encrypted fan-out',
    })
  })

  it('takes a run by its directory, and by the path to it', async () => {
    const reports = shelf()
    indexed(reports)
    for (const at of ['run-24', join(reports, 'run-25'), `${relative('.', reports)}/run-26/`])
      await trendOf(reports, '--note', 'known', '--at', at)
    const { series } = await trendOf(reports)
    expect(series[0]?.points.flatMap(({ note }, i) => (note === null ? [] : [i]))).toEqual([24, 25, 26])
    const { error } = await trend('--reports', reports, '--note', 'known', '--at', 'elsewhere/run-24')
    expect(error?.code).toBe('USAGE')
  })

  it('refuses a note without its commit, or about a commit that nothing was run of', async () => {
    const reports = shelf()
    indexed(reports)
    for (const words of [
      ['--note', 'known'],
      ['--at', commit(1)],
      ['--note', 'known', '--at', 'fffffffff'],
      ['--note', 'known', '--at', commit(1).slice(0, 6)],
    ]) {
      const { error } = await trend('--reports', reports, ...words)
      expect(error?.code, words.join(' ')).toBe('USAGE')
    }
    expect((await trendOf(reports)).series[0]?.points.filter(({ note }) => note !== null)).toEqual([])
  })
})
