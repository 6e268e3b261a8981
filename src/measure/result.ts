import type { DriftReport } from './conformance.ts'
import type { ErrorCount, Finding } from './findings.ts'
import type { EncodedHistogram } from './histogram.ts'
import type { LedgerExample } from './books.ts'
import type { Counters } from './metrics.ts'

export const SCHEMA_NAME = 'stompede.result'
/** Minor: fields were added. Major: readers of the old one would misread. */
export const SCHEMA_VERSION = '1.2.0'

/**
 * What a run leaves behind: one JSON file, the only thing reports, comparisons and trends read.
 * Its JSON Schema is `result.schema.json`. Latencies are µs, moments ms after the run's start unless named otherwise.
 */
export interface RunResult {
  schema: typeof SCHEMA_NAME
  schemaVersion: string
  run: {
    id: string
    kind: 'load'
    startedAt: string
    endedAt: string
    /** From the start to the end of the plan; shorter when the run was stopped. */
    durationSeconds: number
    /** The run did not reach its planned end. */
    isPartial: boolean
    /** `fault`: a worker died. `killed`: the generator did; the result was rebuilt from its events. */
    stoppedBy: 'plan' | 'signal' | 'threshold' | 'fault' | 'killed'
    tags: Record<string, string>
    /** What repeats it. */
    command: string
  }
  plan: {
    scenario: string
    description: string
    source: string
    seed: number
    users: number
    durationSeconds: number
    /** So long after the first activity began, latencies do not count yet. They are in the seconds, not in the totals. */
    warmUpSeconds: number
    rooms: number
    hash: string
    activities: { name: string; executor: string; exec: string[]; planned: number | null }[]
  }
  environment: {
    stompede: string
    node: string
    os: string
    cpu: string
    cores: number
    memoryBytes: number
    workers: number
    driver: string
    flavour: string
    target: {
      apiUrl: string | null
      stompUrl: string | null
      isOwn: boolean
      broker: string
      faults: string[]
      /** What the reference target was told to be like: `--service` and `--freeze` as given; null for its usual self and for others. */
      behaviour: string | null
    }
    contract: { source: string; digest: string }
  }
  validity: { status: 'valid' | 'suspect' | 'invalid'; checks: ValidityCheck[] }
  verdict: { status: 'pass' | 'fail' | 'inconclusive'; exitCode: number; reasons: string[] }
  thresholds: ThresholdRow[]
  counters: Counters
  labelled: Record<string, number>
  trends: Record<string, TrendSummary>
  ledger: LedgerSummary
  violations: Finding[]
  drift: Finding[]
  /**
   * What was seen of the contract and what beside it, by type and field. Null for applications without the chat API and
   * for rebuilt results.
   */
  contractDrift: DriftReport | null
  errors: ErrorCount[]
  timeline: Timeline
  intervals: Intervals
  generator: { shard: number; loopDelayP99Us: number; cpuShare: number; heapBytes: number }[]
  /** What the reference target planted on purpose, by its own log. */
  planted: Record<string, number>
}

export interface ValidityCheck {
  id: string
  says: string
  value: number
  limit: number
  unit: 'ms' | 'share' | 'count'
  status: 'ok' | 'suspect' | 'invalid'
  /** `false`: there was too little to judge by; `note` says of what. Its status is ok then. */
  isJudged?: boolean
  note?: string
  /** A setting that would have been valid, or that there is none. */
  proposal?: string
}

export interface ThresholdRow {
  metric: string
  expression: string
  /** ms, a count, a per-second rate or a share; null when nothing was measured. */
  observed: number | null
  unit: 'ms' | 'count' | 'per second' | 'share'
  /** The true value is at least `observed`. */
  isAtLeast: boolean
  status: 'pass' | 'fail' | 'unknown'
}

export interface TrendSummary {
  count: number
  censored: number
  /** Negative or non-finite samples: clock faults. */
  refused: number
  minUs: number
  maxUs: number
  meanUs: number
  /** By percentile: '50' … '99.9'. `atLeast` lists those that lie among the censored samples. */
  percentilesUs: Record<string, number>
  atLeast: string[]
  histogram: EncodedHistogram
}

export interface LedgerSummary {
  messages: {
    sent: number
    rejected: number
    unknown: number
    recovered: number
    partial: number
    expected: number
    received: number
    late: number
    lost: { total: number; head: number; middle: number; tail: number }
    /** Neither arrived nor given up when the record ends: 0 but for runs that lost a worker or were killed. */
    pending: number
    gapLost: number
    optional: number
    duplicated: number
    retryDuplicated: number
    reordered: number
    leaked: number
    corrupted: number
    foreign: number
  }
  typing: {
    sent: number
    expected: number
    received: number
    lost: number
    duplicated: number
    leaked: number
  }
  isDrained: boolean
  examples: LedgerExample[]
}

/** One value a second in every column; the arrays have equal length. */
export interface Timeline {
  stepMs: 1000
  columns: Record<string, number[]>
  /** Histograms of each second's `message_delivery` at 2 digits, for heatmaps; null where nothing arrived. */
  deliveryHistograms: (EncodedHistogram | null)[]
}

/** Latencies over time at 2 digits, for the log of intervals: several seconds to a histogram, however long the run. */
export interface Intervals {
  stepSeconds: number
  /** By metric; the n-th histogram is of the seconds n × step + 1 … (n + 1) × step, null where nothing was recorded. */
  series: Record<string, (EncodedHistogram | null)[]>
}
