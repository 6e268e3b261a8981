import type { RunFigures } from '../../src/compare/figures.ts'
import { METRICS } from '../../src/compare/metrics.ts'
import { ABSOLUTES } from '../../src/compare/absolute.ts'
import { Histogram, PERCENTILES } from '../../src/measure/histogram.ts'
import { emptyCounters, type CounterName } from '../../src/measure/metrics.ts'
import type { RunResult, TrendSummary } from '../../src/measure/result.ts'
import { healthyResult } from '../report/fixture.ts'

/** What a made-up run measured; what is not named is as in any other. */
export interface MadeUp {
  /** Latencies from sending to the last receipt, in µs. */
  p50Us?: number
  p99Us?: number
  /** Deliveries in each of the ten seconds in which messages were sent. */
  deliveriesPerSecond?: number
  counters?: Partial<Record<CounterName, number>>
  plan?: Partial<RunResult['plan']>
  environment?: Partial<RunResult['environment']>
  run?: Partial<RunResult['run']>
  validity?: RunResult['validity']
}

const BASE = healthyResult()
/** Latencies of 1,000 messages, evenly from 1 to 100 ms: each percentile p is p ms. */
const EVEN = encodedOf(Array.from({ length: 1_000 }, (_, i) => 100 * (i + 1)))

/**
 * A whole result of a run of 12 s: its messages go out in the seconds 2 to 11, of which the warm-up takes none unless the plan
 * says so. The shape of its latencies is always the same, p50 and p99 are as told.
 */
export function madeUpRun(made: MadeUp = {}): RunResult {
  const { p50Us = 50_000, p99Us = 99_000, deliveriesPerSecond = 100 } = made
  const perSecond = (value: number): number[] =>
    Array.from({ length: 12 }, (_, i) => (i < 1 || i > 10 ? 0 : value))
  const last: TrendSummary = {
    ...EVEN,
    percentilesUs: { ...EVEN.percentilesUs, '50': p50Us, '99': p99Us },
  }
  return {
    ...BASE,
    run: { ...BASE.run, startedAt: '2026-01-01T00:00:00.000Z', ...made.run },
    plan: { ...BASE.plan, ...made.plan },
    environment: { ...BASE.environment, ...made.environment },
    validity: made.validity ?? { status: 'valid', checks: [] },
    counters: { ...emptyCounters(), ...made.counters },
    trends: { message_last_delivery: last },
    timeline: {
      stepMs: 1000,
      columns: {
        second: Array.from({ length: 12 }, (_, i) => i + 1),
        messages_sent: perSecond(10),
        deliveries_received: perSecond(deliveriesPerSecond),
      },
      deliveryHistograms: [],
    },
  }
}

/** Figures with nothing in them but what is named. */
export function madeUpFigures(figures: Partial<RunFigures> = {}): RunFigures {
  return {
    shiftUs: {},
    messages: 1_000,
    doubts: [],
    ...figures,
    values: { ...Object.fromEntries(METRICS.map(({ id }) => [id, null])), ...figures.values },
    absolute: { ...Object.fromEntries(ABSOLUTES.map(({ counter }) => [counter, 0])), ...figures.absolute },
  }
}

export function encodedOf(latenciesUs: readonly number[]): TrendSummary {
  const histogram = new Histogram(3)
  for (const latencyUs of latenciesUs) histogram.record(latencyUs)
  return {
    count: histogram.count,
    censored: 0,
    refused: 0,
    minUs: histogram.minUs,
    maxUs: histogram.maxUs,
    meanUs: Math.round(histogram.meanUs),
    percentilesUs: Object.fromEntries(PERCENTILES.map((p) => [String(p), histogram.valueAt(p)])),
    atLeast: [],
    histogram: histogram.encode(),
  }
}
