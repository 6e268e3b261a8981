import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { faultyResult, healthyResult, trendOf } from './fixture.ts'

/** The healthy run with the columns that a timeline has today: planned starts, what was on its way, errors by class. */
export function currentResult(): RunResult {
  return withColumns(healthyResult())
}

/** The faulty run with these columns, and with errors of nine classes: more than have a column of their own. */
export function troubledResult(): RunResult {
  const result = withColumns(faultyResult())
  const { columns } = result.timeline
  const seconds = columns['second'] as number[]
  for (const [n, name] of CLASSES.entries()) {
    columns[`errors{class:${name}}`] = seconds.map((s) =>
      s > 9 + n && s < 16 + n * 2 ? 1 + ((s * 7 + n) % 4) : 0,
    )
  }
  columns['errors'] = seconds.map(
    (s, i) =>
      CLASSES.reduce((sum, name) => sum + (columns[`errors{class:${name}}`]?.[i] ?? 0), 0) +
      (s === 20 ? 3 : 0),
  )
  columns['deliveries_reordered'] = seconds.map((s) => (s === 18 ? 5 : 0))
  columns['deliveries_leaked'] = seconds.map((s) => (s > 20 && s < 24 ? 3 : 0))
  columns['dropped_iterations'] = seconds.map((s) => (s === 15 || s === 16 ? 4 : 0))
  result.counters.dropped_iterations = 8
  result.errors = [
    ...result.errors,
    ...CLASSES.map((name, n) => ({
      class: name,
      count: 30 - n,
      firstAtMs: 10_000 + n,
      example: `example of ${name}`,
    })),
    { class: 'session: subscribe timeout', count: 3, firstAtMs: 20_000, example: 'no RECEIPT within 10 s' },
  ]
  return result
}

/** `seconds` of 5,000 users, 2,000 deliveries a second, with everything a result of today holds. */
export function longResult(seconds: number): RunResult {
  const result = troubledResult()
  const { timeline, plan } = result
  plan.users = 5000
  plan.durationSeconds = result.run.durationSeconds = seconds
  const random = seeded(7)
  const kept = Math.min(seconds, 600)
  const encoded = Array.from({ length: kept }, (_, i) => {
    const histogram = new Histogram(2)
    const slowness = 1 + 0.4 * Math.sin(i / 40) + (i % 97 === 0 ? 4 : 0)
    for (let n = 0; n < 2000; n++)
      histogram.record(
        2500 * slowness * Math.exp(0.6 * normal(random)) + (random() < 0.02 ? 30_000 * random() : 0),
      )
    return histogram.encode()
  })
  for (const [name, values] of Object.entries(timeline.columns)) {
    const scale = name.startsWith('users_') ? 5 : /^(cpu_share|loop_delay)/.test(name) ? 1 : 6.3
    timeline.columns[name] = Array.from({ length: seconds }, (_, i) => {
      if (name === 'second') return i + 1
      const value = values[Math.floor((i * values.length) / seconds)] as number
      return value === 0 || scale < 6 ? value * scale : Math.round(value * scale) + (i % 13)
    })
  }
  timeline.deliveryHistograms = Array.from(
    { length: seconds },
    (_, i) => encoded[i % kept] as (typeof encoded)[number],
  )
  result.trends['message_delivery'] = trendOf(
    Array.from({ length: 200_000 }, () => 2500 * Math.exp(0.6 * normal(random))),
  )
  const lateness = trendOf(Array.from({ length: 400 }, (_, i) => 200 + i)).histogram
  const stepSeconds = Math.ceil(seconds / 150)
  result.intervals = {
    stepSeconds,
    series: { generator_lateness: Array.from({ length: Math.ceil(seconds / stepSeconds) }, () => lateness) },
  }
  return result
}

/** The result as a version before all these columns and fields wrote it. */
export function firstResult(): RunResult {
  const result = healthyResult()
  result.schemaVersion = '1.0.0'
  const { columns } = result.timeline
  for (const name of Object.keys(columns)) if (!OLDEST.has(name)) delete columns[name]
  result.contractDrift = null
  result.intervals = { stepSeconds: 1, series: { message_delivery: result.timeline.deliveryHistograms } }
  return result
}

// --- internal ---

/** By how often they come. */
const CLASSES = [
  'http send-message: status 503',
  'http send-message: timeout',
  'session: connection refused',
  'http typing-start: status 500',
  'session: idle-timeout',
  'http connect: status 401',
] as const

const OLDEST = new Set(['second', 'users_wanted', 'users_connected', 'messages_sent', 'deliveries_received'])

function withColumns(result: RunResult): RunResult {
  const { columns } = result.timeline
  const seconds = columns['second'] as number[]
  const zeros = (): number[] => seconds.map(() => 0)
  columns['iterations_planned'] = (columns['iterations'] as number[]).map((n, i) =>
    n === 0 ? 0 : 34 + (i % 2),
  )
  columns['in_flight'] = (columns['deliveries_received'] as number[]).map((n) => Math.round(n * 2.6) / 1e3)
  for (const name of [
    'connections_lost',
    'deliveries_late',
    'deliveries_reordered',
    'deliveries_leaked',
    'deliveries_corrupted',
    'errors',
  ])
    columns[name] = zeros()
  const lateness = trendOf([180, 240, 310, 420, 900]).histogram
  result.intervals.series['generator_lateness'] = seconds.map((s) => (s > 6 && s < 27 ? lateness : null))
  return result
}

/** xorshift32, the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
