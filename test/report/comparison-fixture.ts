import {
  COMPARISON_SCHEMA_VERSION,
  type ComparedMetric,
  type ComparisonPair,
  type ComparisonResult,
} from '../../src/measure/comparison.ts'
import { healthyResult, HOSTILE } from './fixture.ts'

/** Ten pairs in which the new side's p99 got worse, its median a little better, and the rest stayed. */
export function worseComparison(): ComparisonResult {
  const metrics = METRICS.map((metric) => compared(metric))
  return {
    schema: 'stompede.comparison',
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    run: {
      id: '20261122-130000-compare-steady',
      kind: 'comparison',
      startedAt: '2026-11-22T13:00:00.000Z',
      endedAt: '2026-11-22T13:21:40.500Z',
      durationSeconds: 1300.5,
      isPartial: false,
      stoppedBy: 'plan',
      tags: { branch: 'faster-fanout' },
      command: "stompede compare scenarios/steady.ts --a 'node server-1.8.2.js' --b 'node server-1.9.0.js'",
    },
    method: 'pairs',
    plan: {
      scenario: 'steady',
      description: 'Everyday chat at a constant pace per user',
      source: 'scenarios/steady.ts',
      seed: 7,
      users: 1000,
      durationSeconds: 60,
      hash: '5f0c9a7e21b4d836',
    },
    environment: healthyResult().environment,
    sides: {
      a: { name: '1.8.2', source: 'node server-1.8.2.js', runs: 10, discarded: 0, target: A_TARGET },
      b: { name: '1.9.0', source: 'node server-1.9.0.js', runs: 10, discarded: 1, target: B_TARGET },
    },
    pairs: Array.from({ length: PAIRS }, (_, i) => pairOf(i, metrics)),
    metrics,
    shift: [
      [10, 0.985, 0.97, 1.002],
      [25, 0.98, 0.966, 0.995],
      [50, 0.976, 0.961, 0.99],
      [75, 0.99, 0.972, 1.009],
      [90, 1.04, 1.012, 1.066],
      [95, 1.071, 1.038, 1.107],
      [99, 1.124, 1.081, 1.169],
      [99.9, 1.16, 1.05, 1.3],
    ].map(([percentile = 0, ratio = 1, lo = 1, hi = 1]) => ({ percentile, ratio, lo, hi })),
    absolute: [
      { name: 'deliveries_lost', a: 0, b: 0, status: 'ok' },
      { name: 'deliveries_duplicated', a: 0, b: 7, status: 'worse' },
      { name: 'contract_violations', a: 33, b: 0, status: 'better' },
      { name: 'http_req_failed', a: 2, b: 1, status: 'ok' },
    ],
    noise: noise(),
    advisory: [],
    headline:
      'Worse: deliveries received twice: none in A, 7 in B; p99 send → last +12.4 % (98.75 % CI +7.9 to +17.1) (10 pairs).',
    verdict: {
      status: 'worse',
      exitCode: 12,
      reasons: ['deliveries received twice: none in A, 7 in B', metrics[1]?.says ?? ''],
    },
  }
}

/** The same thing twice: nothing but the machine's noise. */
export function selfCheck(): ComparisonResult {
  const result = worseComparison()
  const metrics = METRICS.map((metric, i) =>
    compared({ ...metric, change: (i % 3) * 0.002 - 0.002, verdict: 'same' }),
  )
  return {
    ...result,
    method: 'self-check',
    sides: {
      a: { name: 'first', source: 'node server-1.8.2.js', runs: 10, discarded: 0, target: A_TARGET },
      b: { name: 'second', source: 'node server-1.8.2.js', runs: 10, discarded: 0, target: A_TARGET },
    },
    metrics,
    pairs: Array.from({ length: PAIRS }, (_, i) => pairOf(i, metrics)),
    shift: result.shift.map(({ percentile }) => ({ percentile, ratio: 1.002, lo: 0.984, hi: 1.018 })),
    absolute: result.absolute.map(({ name }) => ({ name, a: 0, b: 0, status: 'ok' })),
    headline:
      'With 20 pairs this machine can hold margins of 2.9 % of p50 send → last, 4.4 % of p99 send → last (10 pairs of the same against itself).',
    verdict: { status: 'same', exitCode: 0, reasons: [] },
  }
}

/** Stored results, too few and of different machines: advice and nothing more. */
export function storedComparison(): ComparisonResult {
  const result = worseComparison()
  return {
    ...result,
    method: 'stored',
    sides: {
      a: { name: 'main', source: 'reports/20261101-*', runs: 6, discarded: 0, target: A_TARGET },
      b: { name: 'release', source: 'reports/20261120-*', runs: 3, discarded: 0, target: B_TARGET },
    },
    pairs: [],
    metrics: result.metrics.map((metric) => ({ ...metric, logRatios: [] })),
    noise: null,
    advisory: ['a verdict takes 5 runs of each side', 'the machines differ: 2 cores, 8 cores'],
    headline:
      'Unknown, this is advice only (a verdict takes 5 runs of each side): p99 send → last +12.4 % worse (6 runs against 3).',
    verdict: { status: 'unknown', exitCode: 13, reasons: ['a verdict takes 5 runs of each side'] },
  }
}

/** A comparison that a signal ended before its first pair. */
export function emptyComparison(): ComparisonResult {
  const result = worseComparison()
  const side = { ...result.sides.a, runs: 0, discarded: 0, target: null }
  return {
    ...result,
    run: { ...result.run, isPartial: true, stoppedBy: 'signal', durationSeconds: 4 },
    sides: { a: side, b: { ...side, name: '1.9.0' } },
    pairs: [],
    metrics: result.metrics.map((metric) => ({
      ...metric,
      a: null,
      b: null,
      logRatios: [],
      change: null,
      detectable: null,
      isErratic: false,
      verdict: 'unknown',
      says: `${metric.name}: not measured: UNKNOWN`,
    })),
    shift: [],
    absolute: [],
    noise: null,
    headline: 'Unknown: no pair was run (0 pairs).',
    verdict: { status: 'unknown', exitCode: 105, reasons: ['no pair was run'] },
  }
}

/** A comparison whose every text that can come from outside is hostile. */
export function hostileComparison(): ComparisonResult {
  const result = worseComparison()
  const long = HOSTILE + '|'.repeat(100_000)
  const target = {
    apiUrl: HOSTILE,
    stompUrl: HOSTILE,
    isOwn: false,
    broker: HOSTILE,
    faults: [HOSTILE],
    behaviour: HOSTILE,
  }
  const side = { name: HOSTILE, source: long, runs: 10, discarded: 2, target }
  return {
    ...result,
    run: { ...result.run, id: HOSTILE, command: HOSTILE, tags: { [HOSTILE]: HOSTILE } },
    plan: { ...result.plan, scenario: HOSTILE, description: HOSTILE, source: HOSTILE, hash: HOSTILE },
    environment: {
      ...result.environment,
      target,
    },
    sides: { a: side, b: side },
    pairs: result.pairs.map((pair) => ({
      ...pair,
      results: { a: `../${HOSTILE}`, b: `javascript:alert(1)//${HOSTILE}` },
    })),
    metrics: result.metrics.map((metric) => ({ ...metric, name: HOSTILE, says: long })),
    absolute: [{ name: HOSTILE, a: 0, b: 1, status: 'worse' }],
    noise: { measuredAt: HOSTILE, pairs: 8, metrics: { [HOSTILE]: { sd: 0.1, leastMargin: 0.12 } } },
    advisory: [HOSTILE],
    headline: long,
    verdict: { status: 'worse', exitCode: 12, reasons: [HOSTILE, long] },
  }
}

/** 32 pairs of 300 metrics. */
export function hugeComparison(): ComparisonResult {
  const result = worseComparison()
  const metrics = Array.from({ length: 300 }, (_, i) => ({
    ...compared(METRICS[i % METRICS.length] as Made, 32),
    id: `metric_${i}`,
    isGated: i < 4,
    says: 'p99 send → last: 118 → 133 ms and so on '.repeat(20),
  }))
  return { ...result, metrics, pairs: Array.from({ length: 32 }, (_, i) => pairOf(i, metrics)) }
}

// --- internal ---

const PAIRS = 10

/** Of other ports, and not the same service: each side shows its own. */
const A_TARGET = { ...healthyResult().environment.target, apiUrl: 'http://127.0.0.1:4101/chat-ws' }
const B_TARGET = {
  ...healthyResult().environment.target,
  apiUrl: 'http://127.0.0.1:4202/chat-ws',
  behaviour: 'service constant(5ms)',
}

interface Made extends Pick<
  ComparedMetric,
  'id' | 'name' | 'unit' | 'isGated' | 'isWorseWhenHigher' | 'margin' | 'verdict'
> {
  a: number
  /** Above 0 is worse. */
  change: number
  sd: number
}

const METRICS: readonly Made[] = [
  made('last_delivery_p50', 'p50 send → last', 'ms', true, 24.1, -0.024, 0.021, 'same'),
  made('last_delivery_p99', 'p99 send → last', 'ms', true, 118.3, 0.124, 0.052, 'worse'),
  made('deliveries_per_second', 'deliveries', 'per second', true, 2140.2, 0.004, 0.008, 'same'),
  made('cpu_per_1000_deliveries', 'CPU per 1,000 deliveries', 'CPU s', true, 0.1347, 0.031, 0.07, 'unknown'),
  made('last_delivery_p90', 'p90 send → last', 'ms', false, 61.2, 0.041, 0.03, 'unknown'),
  made('send_p99', 'p99 POST /send-message', 'ms', false, 12.4, -0.09, 0.04, 'better'),
  made('session_p99', 'p99 connect to subscribed', 'ms', false, 210, 0.02, 0.14, 'unknown'),
]

function made(
  id: string,
  name: string,
  unit: ComparedMetric['unit'],
  isGated: boolean,
  a: number,
  change: number,
  sd: number,
  verdict: ComparedMetric['verdict'],
): Made {
  const isRate = unit === 'per second'
  return {
    id,
    name,
    unit,
    isGated,
    isWorseWhenHigher: !isRate,
    margin: isGated ? 0.05 : 0.1,
    a,
    change,
    sd,
    verdict,
  }
}

function compared({ a, change, sd, ...rest }: Made, pairs = PAIRS): ComparedMetric {
  const center = Math.log(1 + change)
  const logRatios = Array.from({ length: pairs }, (_, i) => center + sd * scatter(i * 7 + a))
  const b = rest.isWorseWhenHigher ? a * (1 + change) : a / (1 + change)
  const half = sd * 0.8
  const natural = (b / a - 1) * 100
  const ends = [-half, half].map(
    (each) => 100 * (Math.exp(rest.isWorseWhenHigher ? center + each : -center - each) - 1),
  )
  const interval = ends
    .toSorted((x, y) => x - y)
    .map((end) => `${end < 0 ? '−' : '+'}${Math.abs(end).toFixed(1)}`)
  const shown = (value: number): string => String(Number(value.toPrecision(3)))
  return {
    ...rest,
    a,
    b,
    logRatios,
    change: {
      estimate: change,
      lo: Math.exp(center - half) - 1,
      hi: Math.exp(center + half) - 1,
      level: 0.9875,
    },
    detectable: sd,
    isErratic: sd > 0.1,
    says: `${rest.name}: ${shown(a)} → ${shown(b)} ${rest.unit}, ${natural < 0 ? '−' : '+'}${Math.abs(natural).toFixed(1)} % (98.75 % CI ${interval.join(' to ')}), margin ${rest.margin * 100} %, ${pairs} pairs, could see ≥ ${Math.round(sd * 100)} %: ${rest.isGated ? rest.verdict.toUpperCase() : `${rest.verdict}, for information`}`,
  }
}

function pairOf(i: number, metrics: readonly ComparedMetric[]): ComparisonPair {
  const a: Record<string, number | null> = {}
  const b: Record<string, number | null> = {}
  for (const { id, a: base, isWorseWhenHigher, logRatios } of metrics) {
    const value = (base ?? 0) * (1 + 0.05 * scatter(i))
    a[id] = value
    b[id] = value * Math.exp((isWorseWhenHigher ? 1 : -1) * (logRatios[i] ?? 0))
  }
  if (i === 3) b['session_p99'] = null
  const number = i + 1
  const directory = `pairs/${String(number).padStart(2, '0')}`
  return {
    number,
    seed: 7 + i,
    first: i % 3 === 0 ? 'b' : 'a',
    a,
    b,
    results: { a: `${directory}-a/result.json`, b: `${directory}-b/result.json` },
  }
}

function noise(): NonNullable<ComparisonResult['noise']> {
  return {
    measuredAt: '2026-11-20T09:00:00.000Z',
    pairs: 8,
    metrics: {
      last_delivery_p50: { sd: 0.019, leastMargin: 0.029 },
      last_delivery_p99: { sd: 0.041, leastMargin: 0.044 },
      deliveries_per_second: { sd: 0.006, leastMargin: 0.01 },
      cpu_per_1000_deliveries: { sd: 0.061, leastMargin: 0.074 },
    },
  }
}

/** From −1 to 1, the same in every test run. */
function scatter(n: number): number {
  return Math.sin(n * 78.233 + 1)
}
