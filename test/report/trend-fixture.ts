import type { TrendPoint, TrendReport, TrendSeries } from '../../src/measure/trend.ts'
import { HOSTILE } from './fixture.ts'

/** Forty commits on one machine, ten on the next: a step in p99 that nobody has explained, one in p50 that somebody has. */
export function steppedTrend(): TrendReport {
  return {
    madeAt: '2026-11-22T18:00:00.000Z',
    series: [
      seriesOf('last_delivery_p50', 'p50 send → last', 'ms', true, 24, [[18, -0.12]]),
      seriesOf('last_delivery_p99', 'p99 send → last', 'ms', true, 118, [[27, 0.14]]),
      seriesOf('deliveries_per_second', 'deliveries', 'per second', false, 2140, []),
      seriesOf('cpu_per_1000_deliveries', 'CPU per 1,000 deliveries', 'CPU s', true, 0.135, []),
    ],
    passedOver: ['20261001-090000-steady: its result is of another version'],
  }
}

/** Nothing was stored yet. */
export function emptyTrend(): TrendReport {
  return { madeAt: '2026-11-22T18:00:00.000Z', series: [], passedOver: [] }
}

/** One run, of no commit. */
export function singleTrend(): TrendReport {
  const { series } = steppedTrend()
  return {
    ...emptyTrend(),
    series: series.slice(0, 1).map((each) => ({
      ...each,
      points: [{ ...(each.points[0] as TrendPoint), commit: null, note: null }],
      changes: [],
      band: null,
    })),
  }
}

/** Every text from outside is hostile. */
export function hostileTrend(): TrendReport {
  const report = steppedTrend()
  return {
    madeAt: HOSTILE,
    passedOver: [HOSTILE, HOSTILE + '<'.repeat(100_000)],
    series: report.series.slice(0, 2).map((series) => ({
      ...series,
      scenario: HOSTILE,
      planHash: HOSTILE,
      machine: HOSTILE,
      metric: { ...series.metric, name: HOSTILE },
      points: series.points.map((point) => ({
        ...point,
        at: HOSTILE,
        commit: HOSTILE,
        environment: HOSTILE,
        note: HOSTILE,
        directories: [`../${HOSTILE}`, HOSTILE],
        page: `../${HOSTILE}/report.html`,
      })),
    })),
  }
}

/** 40 series of 300 commits with notes. */
export function hugeTrend(): TrendReport {
  const [series] = steppedTrend().series as [TrendSeries]
  return {
    ...emptyTrend(),
    series: Array.from({ length: 40 }, (_, n) => ({
      ...series,
      scenario: `scenario ${n}`,
      points: Array.from({ length: 300 }, (_unused, i) =>
        pointOf(i, 24 * (1 + 0.02 * Math.sin(i * 7)), 'a note '.repeat(60)),
      ),
      changes: [{ at: 290, change: 0.2, pValue: 0.0001, verdict: 'worse' as const, isAcknowledged: false }],
    })),
  }
}

// --- internal ---

const POINTS = 50
/** Where the next machine begins. */
const MOVED = 40

function seriesOf(
  id: string,
  name: string,
  unit: TrendSeries['metric']['unit'],
  isWorseWhenHigher: boolean,
  start: number,
  steps: readonly (readonly [at: number, change: number])[],
): TrendSeries {
  const points = Array.from({ length: POINTS }, (_, i) => {
    const level = steps.reduce((value, [at, change]) => (i >= at ? value * (1 + change) : value), start)
    const onMachine = i >= MOVED ? 0.8 : 1
    const note = id.endsWith('p50') && i === 18 ? 'fan-out is batched now' : null
    return pointOf(i, level * onMachine * (1 + 0.018 * Math.sin(i * 78.233 + start)), note)
  })
  const last = points.slice(MOVED).map(({ value }) => value)
  const mean = last.reduce((sum, value) => sum + value, 0) / last.length
  const sd = Math.sqrt(last.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (last.length - 1))
  return {
    scenario: 'steady',
    planHash: '5f0c9a7e21b4d836',
    users: 1000,
    machine: 'Example CPU, 2 cores, Linux',
    metric: { id, name, unit, isWorseWhenHigher },
    points,
    changes: steps.map(([at, change]) => ({
      at,
      change: isWorseWhenHigher ? change : -change,
      pValue: 0.0002,
      verdict: change > 0 === isWorseWhenHigher ? 'worse' : 'better',
      isAcknowledged: id.endsWith('p50'),
    })),
    band: { lo: mean - 4 * sd, hi: mean + 4 * sd, mean },
  }
}

function pointOf(i: number, value: number, note: string | null): TrendPoint {
  const at = new Date(Date.UTC(2026, 8, 1, 9) + i * 20 * 3_600_000).toISOString()
  const commit = ((i + 1) * 2_654_435_761).toString(16).padStart(12, '4').padEnd(40, '7')
  const stamp = at.replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const runs = 3
  return {
    at,
    commit,
    value: Number(value.toPrecision(5)),
    isAtLeast: false,
    runs,
    directories: Array.from({ length: runs }, (_, n) => `${stamp}-steady${n === 0 ? '' : `-${n + 1}`}`),
    page: `${stamp}-steady/report.html`,
    environment: i >= MOVED ? 'Node v24.22.0, 15.6 GiB, 2 workers' : 'Node v24.21.0, 15.6 GiB, 1 worker',
    note,
  }
}
