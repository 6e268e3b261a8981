import type { Histogram } from '../measure/histogram.ts'
import { COUNTERS, type Counters } from '../measure/metrics.ts'
import type { ThresholdRow, TrendSummary } from '../measure/result.ts'
import { bounded } from './visible.ts'

/** One metric as Prometheus, OpenMetrics and OTLP know it, in base units: seconds, bytes, ratios. */
export type Family = {
  /** Without `_total`, `_info`, `_bucket` and their like, with its unit. */
  name: string
  help: string
  unit: '' | 'seconds' | 'bytes' | 'ratio'
} & (
  | { type: 'counter' | 'gauge' | 'info'; points: Point[] }
  | { type: 'summary'; points: SummaryPoint[] }
  | { type: 'histogram'; points: HistogramPoint[] }
)

export type Labels = Readonly<Record<string, string>>

export interface Point {
  labels: Labels
  value: number
}

/** Quantiles from 0 to 1. */
export interface SummaryPoint {
  labels: Labels
  count: number
  sum: number
  quantiles: readonly (readonly [quantile: number, value: number])[]
}

/** `upTo[i]` samples lie at or below `BOUNDS_SECONDS[i]`: they are cumulative. */
export interface HistogramPoint {
  labels: Labels
  count: number
  sum: number
  upTo: readonly number[]
}

/**
 * The upper bounds of every exported histogram, in seconds. They are the same for all runs, so that runs can be compared and
 * added; a latency limit of 250 ms or 500 ms lies on one of them.
 */
export const BOUNDS_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

/** Counters, those with a label as families of their own: sums over them would count twice otherwise. */
export function counterFamilies(counters: Counters, labelled: Readonly<Record<string, number>>): Family[] {
  const families = COUNTERS.map((counter): Family => {
    const unit = counter === 'data_received' ? 'bytes' : ''
    return {
      name: nameOf(counter, unit),
      help: `${counter} since the start of the run`,
      unit,
      type: 'counter',
      // A result of an earlier version may lack a counter of this one.
      points: [{ labels: {}, value: counters[counter] ?? 0 }],
    }
  })
  const byName = new Map<string, Family & { points: Point[] }>()
  for (const [metric, value] of Object.entries(labelled)) {
    const { base, key, labels } = partsOf(metric)
    const name = nameOf(key === undefined ? base : `${base}_by_${key}`, '')
    const family = byName.get(name) ?? {
      name,
      help: `${plain(base)} since the start of the run${key === undefined ? '' : ` by ${key}`}`,
      unit: '',
      type: 'counter',
      points: [],
    }
    byName.set(name, family)
    // Labels that are told apart by what is cut off or made visible are one here.
    const known = family.points.find((point) => isSame(point.labels, labels))
    if (known === undefined) family.points.push({ labels, value })
    else known.value += value
  }
  return [...families, ...byName.values()]
}

/** Latencies as histograms, for the run so far. */
export function histogramFamilies(latencies: Readonly<Record<string, Histogram>>): Family[] {
  const boundsUs = BOUNDS_SECONDS.map((seconds) => seconds * 1e6)
  return latencyFamilies(latencies, 'histogram', (labels, histogram) => ({
    labels,
    count: histogram.count,
    sum: histogram.sumUs / 1e6,
    upTo: histogram.countsUpTo(boundsUs),
  }))
}

/** Latencies as summaries, for a run that is over; quantiles 0 and 1 are minimum and maximum. */
export function summaryFamilies(trends: Readonly<Record<string, TrendSummary>>): Family[] {
  return latencyFamilies(trends, 'summary', (labels, trend) => ({
    labels,
    count: trend.count,
    sum: trend.histogram.sumUs / 1e6,
    quantiles: [
      [0, trend.minUs / 1e6],
      ...Object.entries(trend.percentilesUs).map(
        ([p, us]) => [Number((Number(p) / 100).toPrecision(12)), us / 1e6] as const,
      ),
      [1, trend.maxUs / 1e6],
    ],
  }))
}

/** 1 for a threshold that holds, 0 for one that does not; none for one that cannot be judged. */
export function thresholdFamily(rows: readonly ThresholdRow[]): Family {
  const points: Point[] = []
  for (const { metric, expression, status } of rows) {
    const labels = { metric: plain(metric), expression: plain(expression) }
    if (status !== 'unknown' && !points.some((point) => isSame(point.labels, labels)))
      points.push({ labels, value: status === 'pass' ? 1 : 0 })
  }
  return gauge('threshold_passed', '', '1 where a threshold holds, 0 where it does not', points)
}

/** A gauge of several points, or of one without labels. */
export function gauge(name: string, unit: Family['unit'], help: string, points: Point[] | number): Family {
  return {
    name: nameOf(name, unit),
    help,
    unit,
    type: 'gauge',
    points: typeof points === 'number' ? [{ labels: {}, value: points }] : points,
  }
}

/** Facts that do not change, as labels of a metric that is always 1. */
export function info(name: string, help: string, facts: Labels): Family {
  const labels = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, plain(value)]))
  return { name: nameOf(name, ''), help, unit: '', type: 'info', points: [{ labels, value: 1 }] }
}

// --- internal ---

const MOST_CHARACTERS = 200

/** `stompede_` keeps the names apart from what else a Prometheus holds, and from starting with a digit. */
function nameOf(metric: string, unit: Family['unit']): string {
  const name = `stompede_${plain(metric).replaceAll(/\W/g, '_')}`
  return unit === '' ? name : `${name}_${unit}`
}

/** `http_req_duration{call:connect}` in its parts. */
function partsOf(metric: string): { base: string; key: string | undefined; labels: Labels } {
  const match = /^([^{]+)\{(\w+):(.*)\}$/s.exec(metric)
  if (match === null) return { base: metric, key: undefined, labels: {} }
  const [, base = '', key = '', value = ''] = match
  const label = key.replace(/^\d/, '_$&')
  return { base, key: label, labels: { [label]: plain(value) } }
}

function latencyFamilies<Kind extends 'summary' | 'histogram', From>(
  metrics: Readonly<Record<string, From>>,
  type: Kind,
  pointOf: (labels: Labels, from: From) => Extract<Family, { type: Kind }>['points'][number],
): Family[] {
  const byName = new Map<string, Family>()
  for (const [metric, from] of Object.entries(metrics)) {
    const { base, key, labels } = partsOf(metric)
    const name = nameOf(key === undefined ? base : `${base}_by_${key}`, 'seconds')
    const family =
      byName.get(name) ??
      ({
        name,
        help: `${plain(base)}${key === undefined ? '' : ` by ${key}`}`,
        unit: 'seconds',
        type,
        points: [],
      } as unknown as Family)
    byName.set(name, family)
    // Of two that only differ in what is cut off the first stands; latencies cannot be added here.
    if (!family.points.some((point) => isSame(point.labels, labels)))
      (family.points as unknown[]).push(pointOf(labels, from))
  }
  return [...byName.values()]
}

function isSame(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

function plain(text: string): string {
  return bounded(text, MOST_CHARACTERS)
}
