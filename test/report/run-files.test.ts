import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsers } from 'prettier/plugins/markdown'
import { afterAll, describe, expect, it } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { COUNTERS } from '../../src/measure/metrics.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { MOST_BYTES } from '../../src/report/files/markdown.ts'
import { csvText } from '../../src/report/files/csv.ts'
import { k6SummaryText } from '../../src/report/files/k6-summary.ts'
import { stepsCsv, timelineCsv } from '../../src/report/files/run-csv.ts'
import { runAnnotations } from '../../src/report/files/run-github.ts'
import { runJunit } from '../../src/report/files/run-junit.ts'
import { runMarkdown } from '../../src/report/files/run-markdown.ts'
import { ndjsonText } from '../../src/report/files/run-ndjson.ts'
import { openMetricsText } from '../../src/report/files/run-openmetrics.ts'
import { type Reporter, REPORTERS } from '../../src/report/reporters.ts'
import { emptyResult, faultyResult, healthyResult, HOSTILE, hostileResult } from './fixture.ts'
import { expectGolden } from './golden.ts'

const RESULTS = {
  healthy: healthyResult(),
  faulty: faultyResult(),
  empty: emptyResult(),
  hostile: hostileResult(),
}

describe('reports for machines', () => {
  it.each(['healthy', 'faulty', 'empty'] as const)('of a %s run read as in test/golden', (name) => {
    const result = RESULTS[name]
    expectGolden(`run-${name}.md`, runMarkdown(result))
    expectGolden(`run-${name}.xml`, runJunit(result))
    expectGolden(`run-${name}-timeline.csv`, timelineCsv(result))
    expectGolden(`run-${name}-steps.csv`, stepsCsv(result))
    expectGolden(`run-${name}-metrics.txt`, openMetricsText(result))
    expectGolden(`run-${name}-k6-summary.json`, k6SummaryText(result))
    expectGolden(`run-${name}.ndjson`, ndjsonText(result))
  })

  it('are written under their names, and nothing that a result says is a path', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stompede-files-'))
    afterAll(() => rmSync(directory, { recursive: true }))
    const said: string[] = []
    const surroundings = { env: {}, stdout: { write: (text: string) => said.push(text) } }
    const written: string[] = []
    for (const report of Object.values(REPORTERS) as Reporter[])
      written.push(...(await report(RESULTS.hostile, directory, surroundings)))
    expect(written.map((path) => path.slice(directory.length + 1))).toEqual([
      'result.json',
      'report.html',
      'summary.md',
      'junit.xml',
      'timeline.csv',
      'steps.csv',
      'metrics.txt',
      'intervals.hlog',
      'k6-summary.json',
    ])
    expect(written.filter((path) => !existsSync(path))).toEqual([])
    expect(said.some((text) => text.startsWith('{"type":"run"'))).toBe(true)
  })

  it('append to the step summary of GitHub and print annotations that no text can break out of', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stompede-github-'))
    afterAll(() => rmSync(directory, { recursive: true }))
    const summary = join(directory, 'step.md')
    writeFileSync(summary, 'before\n')
    let said = ''
    const stdout = { write: (text: string) => (said += text) }
    const result = faultyResult()
    result.verdict.reasons.push(
      'one\n::set-output name=x::y',
      ...Array.from({ length: 9 }, (_, i) => `r${i}`),
    )
    expect(
      await REPORTERS.github(result, directory, { env: { GITHUB_STEP_SUMMARY: summary }, stdout }),
    ).toEqual([summary])
    expect(readFileSync(summary, 'utf8')).toBe(`before\n\n${runMarkdown(result)}`)
    const lines = said.trimEnd().split('\n')
    expect(lines).toHaveLength(10)
    expect(lines.filter((line) => !line.startsWith('::error title=Fail%3A steady::'))).toEqual([])
    expect(lines[6]).toMatch(/::one%0A::set-output/)
    expect(lines[9]).toMatch(/::7 more, see the summary$/)
    expect(runAnnotations(healthyResult())).toEqual([])
  })
})

describe('the Markdown of a run', () => {
  it('is, to a parser, a heading, tables of equal width and folds, whatever a target said', () => {
    for (const [name, result] of Object.entries(RESULTS)) {
      const text = runMarkdown(result)
      const nodes = nodesOf(text)
      const tables = nodes.filter(({ type }) => type === 'table')
      expect(nodes[0], name).toMatchObject({ type: 'heading', depth: 2 })
      expect(nodes.filter(({ type }) => type === 'heading')).toHaveLength(1)
      expect(tables.length, name).toBe(result === RESULTS.empty ? 2 : 3)
      for (const { children = [] } of tables)
        expect(new Set(children.map((row) => row.children?.length)).size).toBe(1)
      const raw = nodes.flatMap(({ type, value }) => (type === 'html' ? [value ?? ''] : []))
      expect(
        raw.filter(
          (tag) => !/^(<details><summary>[^<]* <code>[^<]*<\/code><\/summary>|<\/details>)$/.test(tag),
        ),
      ).toEqual([])
      expect(nodes.filter(({ type }) => ['link', 'image', 'linkReference'].includes(type))).toEqual([])
      expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES)
    }
  })

  it('has the figures of the result in its tables', () => {
    const rows = nodesOf(runMarkdown(RESULTS.faulty))
      .filter(({ type }) => type === 'table')
      .map(({ children = [] }) => children.map((row) => (row.children ?? []).map(wordsOf)))
    expect(rows[0]?.[1]).toEqual([
      'message_delivery p(99)<250',
      '≥ 30,000 ms',
      '≥ 120 × the limit',
      '❌ fail',
    ])
    expect(rows[1]).toContainEqual(['lost', '41 (head 3, middle 31, tail 7)', '0'])
    expect(rows[1]).toContainEqual(['duplicated', '12', '0'])
    expect(rows[2]?.map(([metric]) => metric)).toContain('message_delivery{basis:service}')
  })

  it('stays below 48 KB when a megabyte went wrong, and says how much it left out', () => {
    const result = faultyResult()
    const [violation] = result.violations
    if (violation === undefined) throw new Error('the fixture has no violation')
    const payload = '`|<b>'.repeat(20_000)
    result.violations = Array.from({ length: 400 }, (_, i) => ({
      ...violation,
      rule: `rule ${i}`,
      detail: '한'.repeat(5_000),
      examples: [{ atMs: 1, where: 'w'.repeat(9_000), payload }],
    }))
    result.verdict.reasons = Array.from({ length: 300 }, () => 'x'.repeat(4_000))
    result.thresholds = Array.from(
      { length: 90 },
      () => ({ ...faultyResult().thresholds[0] }) as RunResult['thresholds'][number],
    )
    const text = runMarkdown(result)
    expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES)
    expect(text).toMatch(/\d+ more kinds of violations and errors: see `report\.html`/)
    expect(text).toContain('- and 292 more')
    expect(text).toContain('and 70 more')
  })
})

describe('the JUnit XML of a run', () => {
  const XSD = readFileSync(join(import.meta.dirname, 'junit.xsd'), 'utf8')

  it('fits the schema, whatever the run, and would be refused if it were wrong', async () => {
    const texts = Object.values(RESULTS).map(runJunit)
    expect(await faultsOf(texts, XSD)).toEqual([])
    const wrong = runJunit(RESULTS.faulty).replaceAll('failure', 'failed')
    expect((await faultsOf([wrong], XSD)).length).toBeGreaterThan(0)
  })

  it('tells what the target broke from what the generator did wrong and from what is not judged', () => {
    const result = faultyResult()
    result.counters.connections_lost = 3
    Object.assign(result.validity.checks[2] as object, { status: 'invalid' })
    const ends = endsOf(runJunit(result))
    expect(ends).toMatchObject({
      'load.validity lateness': 'passed',
      'load.validity cpu': 'error',
      'load.validity stationarity': 'skipped',
      'load.validity little': 'skipped',
      'load.thresholds message_delivery p(99)<250': 'failure',
      'load.thresholds http_req_failed rate<0.01': 'passed',
      'load.deliveries deliveries_lost': 'failure',
      'load.deliveries deliveries_late': 'passed',
      'load.deliveries contract_violations': 'failure',
      // Counted, and not named by the verdict.
      'load.deliveries connections_lost': 'skipped',
    })
  })

  it('is red exactly where the run is', () => {
    const cases: [RunResult, boolean][] = [
      [healthyResult(), false],
      [faultyResult(), true],
      [emptyResult(), true],
    ]
    const alone = healthyResult()
    alone.verdict = { status: 'fail', exitCode: 11, reasons: ['users: 3 never had a connection'] }
    const waived = healthyResult()
    waived.counters.deliveries_lost = waived.ledger.messages.lost.total = 5
    waived.thresholds.push({
      metric: 'deliveries_lost',
      expression: 'count<100',
      observed: 5,
      unit: 'count',
      isAtLeast: false,
      status: 'pass',
    })
    for (const [result, isRed] of [...cases, [alone, true], [waived, false]] as const)
      expect(/<(failure|error)[ >]/.test(runJunit(result))).toBe(isRed)
    expect(endsOf(runJunit(alone))['load.run verdict']).toBe('failure')
    expect(endsOf(runJunit(emptyResult()))['load.run verdict']).toBe('error')
    expect(endsOf(runJunit(waived))['load.deliveries deliveries_lost']).toBe('passed')
  })
})

describe('the CSV and JSON of a run', () => {
  const python = readCsv()

  it.skipIf(python === undefined)('are read by Python’s csv and json (python3)', () => {
    const hostile = hostileResult()
    hostile.trends[`http_req_duration{call:=cmd|' /C calc'!A0,"q"\r\nx}`] = hostile.trends[
      'message_delivery'
    ] as never
    const read = python?.([
      timelineCsv(RESULTS.healthy),
      stepsCsv(hostile),
      csvText([['=1+1', '+2', '-3', '@x', '\tx', 'a,b', 'say "x"', 'two\r\nlines', '', -4, null]]),
    ])
    const [timeline = [], steps = [], cells = []] = read?.csv ?? []
    const { columns } = RESULTS.healthy.timeline
    expect(timeline).toHaveLength(31)
    expect(new Set(timeline.map((row) => row.length))).toEqual(new Set([Object.keys(columns).length + 1]))
    const at = timeline[0]?.indexOf('deliveries_received_count') ?? -1
    expect(timeline.slice(1).map((row) => Number(row[at]))).toEqual(columns['deliveries_received'])
    expect(timeline[1]?.[0]).toBe('2026-11-22T10:15:31.000Z')
    // Nothing arrived in the first second: no latency, which is not a latency of zero.
    expect(timeline[1]?.[timeline[0]?.indexOf('message_delivery_p99_us') ?? -1]).toBe('')
    expect(new Set(steps.map((row) => row.length)).size).toBe(1)
    expect(steps.flat().filter((cell) => /^[=+@\t\r]/.test(cell))).toEqual([])
    expect(cells).toEqual([
      ["'=1+1", "'+2", "'-3", "'@x", "'\tx", 'a,b', 'say "x"', 'two\r\nlines', '', '-4', ''],
    ])
    const ndjson = python?.([], [ndjsonText(hostile), ndjsonText(RESULTS.healthy)]).json ?? []
    expect(ndjson[1]?.map(({ type }) => type)).toEqual([
      'run',
      ...Array.from({ length: 30 }, () => 'second'),
      ...Object.keys(RESULTS.healthy.trends).map(() => 'latency'),
      'threshold',
      'threshold',
      'threshold',
      'verdict',
    ])
    expect(ndjson[0]?.find(({ type }) => type === 'threshold')?.['metric']).toBe(HOSTILE)
    expect(python?.([], [k6SummaryText(hostile).replaceAll('\n', ' ')]).json[0]).toHaveLength(1)
  })

  it('have the values that GitLab’s load-performance widget reads, and k6’s names and units', () => {
    const result = faultyResult()
    const { metrics, root_group } = JSON.parse(k6SummaryText(result)) as {
      metrics: Record<string, Record<string, number> & { thresholds?: Record<string, boolean> }>
      root_group: { checks: Record<string, { passes: number; fails: number; path: string }> }
    }
    expect(metrics['http_reqs']).toEqual({ count: 2923, rate: 2923 / 30 })
    const { percentilesUs } = result.trends['http_req_duration'] as RunResult['trends'][string]
    expect(metrics['http_req_waiting']?.['p(90)']).toBe((percentilesUs['90'] ?? 0) / 1e3)
    expect(metrics['http_req_waiting']?.['p(95)']).toBe((percentilesUs['95'] ?? 0) / 1e3)
    expect(metrics['http_req_failed']).toMatchObject({ passes: 7, fails: 2916, value: 7 / 2923 })
    expect(metrics['vus']).toMatchObject({ max: 1000 })
    expect(metrics['message_delivery']?.thresholds).toEqual({ 'p(99)<250': true })
    expect(metrics['message_last_delivery']?.thresholds).toEqual({ 'p(99)<500': false })
    const sums = Object.values(root_group.checks).reduce(
      (sum, { passes, fails }) => ({ passes: sum.passes + passes, fails: sum.fails + fails }),
      { passes: 0, fails: 0 },
    )
    expect(metrics['checks']).toMatchObject(sums)
    expect(root_group.checks['owed messages arrived in time']).toMatchObject({ passes: 6441, fails: 41 })
    expect(COUNTERS.filter((name) => metrics[name] === undefined)).toEqual([])
  })

  it('let no name of a metric reach what all objects share', () => {
    const result = healthyResult()
    result.thresholds = [
      { ...(result.thresholds[0] as RunResult['thresholds'][number]), metric: '__proto__' },
    ]
    const text = k6SummaryText(result)
    expect(({} as { thresholds?: object }).thresholds).toBeUndefined()
    expect(text).toContain('"__proto__"')
  })
})

interface Node {
  type: string
  value?: string
  depth?: number
  children?: Node[]
}

/** Every node of a Markdown text, in order, as remark sees it (the parser of prettier). */
function nodesOf(text: string): Node[] {
  const walk = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(walk)]
  const root = parsers.markdown.parse(text, {} as never) as Node
  return (root.children ?? []).flatMap(walk)
}

function wordsOf({ value = '', children = [] }: Node): string {
  return value + children.map(wordsOf).join('')
}

async function faultsOf(texts: readonly string[], xsd: string): Promise<string[]> {
  const xml = texts.map((contents, i) => ({ fileName: `junit-${i}.xml`, contents }))
  const { errors } = await validateXML({ xml, schema: [xsd] })
  return errors.map(({ message }) => message)
}

/** How each testcase ended. */
function endsOf(xml: string): Record<string, string> {
  const cases = xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs)
  return Object.fromEntries(
    [...cases].map(([, name, suite, inner = '']) => [
      `${suite} ${name?.replaceAll('&lt;', '<')}`,
      /<(failure|error|skipped)[ >]/.exec(inner)?.[1] ?? 'passed',
    ]),
  )
}

type Read = (csv: string[], ndjson?: string[]) => { csv: string[][][]; json: Record<string, unknown>[][] }

/** Python's own readers; undefined, and said so, where there is no Python. */
function readCsv(): Read | undefined {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
  } catch {
    process.stderr.write('python3 is not installed: CSV and NDJSON are not checked by its parsers\n')
    return undefined
  }
  const program = [
    'import csv, io, json, sys',
    'given = json.load(sys.stdin)',
    'rows = [list(csv.reader(io.StringIO(text, newline=""), strict=True)) for text in given["csv"]]',
    'lines = [[json.loads(line) for line in text.split("\\n") if line] for text in given["ndjson"]]',
    'json.dump({"csv": rows, "json": lines}, sys.stdout)',
  ].join('\n')
  return (csv, ndjson = []) =>
    JSON.parse(
      execFileSync('python3', ['-c', program], {
        input: JSON.stringify({ csv, ndjson }),
        encoding: 'utf8',
        maxBuffer: 64e6,
      }),
    ) as ReturnType<Read>
}
