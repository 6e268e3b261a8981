import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'
import { exposition } from '../../src/report/exposition.ts'
import { liveFamilies } from '../../src/report/telemetry/live-families.ts'
import { healthyResult } from './fixture.ts'

interface Dashboard {
  uid: string
  panels: {
    id: number
    title: string
    gridPos: { x: number; y: number; w: number; h: number }
    targets: { expr: string }[]
  }[]
  templating: { list: { name: string; query: unknown }[] }
}

const text = readFileSync('docs/grafana/stompede.json', 'utf8')
const dashboard = JSON.parse(text) as Dashboard

/** Every series that a run exports, by name. */
function exported(): Set<string> {
  const histogram = new Histogram(2)
  histogram.record(1000)
  const { trends, thresholds } = healthyResult()
  const lines = exposition(
    liveFamilies({
      identity: { id: '', scenario: '', startedAt: '', version: '', target: '', broker: '' },
      exitCode: 0,
      snapshot: {
        second: 1,
        counters: emptyCounters(),
        labelled: { 'ws_closes{class:requested}': 1 },
        usersWanted: 1,
        users: 1,
        pending: 0,
        inFlight: 0,
        workers: [{ loopDelayP99Us: 1, cpuShare: 1, heapBytes: 1 }],
        latencies: Object.fromEntries(Object.keys(trends).map((metric) => [metric, histogram])),
        thresholds,
      },
    }),
    'prometheus',
  ).split('\n')
  return new Set(lines.flatMap((line) => /^(stompede_\w+)/.exec(line)?.[1] ?? []))
}

describe('the Grafana dashboard', () => {
  it('asks for metrics that a run exports, and for no others', () => {
    const asked = new Set([...text.matchAll(/stompede_\w+/g)].map(([name]) => name))
    const known = exported()
    expect(asked.size).toBeGreaterThan(25)
    expect([...asked].filter((name) => !known.has(name))).toEqual([])
  })

  it('asks with the labels that there are', () => {
    const by = [...text.matchAll(/sum by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '))
    expect(new Set(by)).toEqual(new Set(['le', 'call', 'class']))
    const shown = [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
    expect(new Set(shown)).toEqual(new Set(['le', 'call', 'class', 'metric', 'expression', 'worker']))
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  if (!promtool)
    process.stderr.write('promtool is not installed (apt-get install prometheus): queries are not parsed\n')
  it.skipIf(!promtool)('asks in PromQL (apt-get install prometheus)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'stompede-grafana-'))
    const check = (expressions: string[]): { status: number | null; stderr: string } => {
      const rules = expressions.map((expr, i) => ({ record: `rule${i}`, expr }))
      writeFileSync(join(directory, 'rules.json'), JSON.stringify({ groups: [{ name: 'panels', rules }] }))
      return spawnSync('promtool', ['check', 'rules', join(directory, 'rules.json')], { encoding: 'utf8' })
    }
    const expressions = dashboard.panels.flatMap(({ targets }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.+')),
    )
    try {
      expect(expressions.length).toBeGreaterThan(30)
      expect(check(expressions)).toMatchObject({ status: 0, stderr: '' })
      expect(check([...expressions, 'sum by (le'])).toMatchObject({ status: 1 })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('has panels that do not overlap, each with something to show', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    expect(dashboard.panels.filter(({ targets }) => targets.some(({ expr }) => expr === ''))).toEqual([])
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24)
  })
})
