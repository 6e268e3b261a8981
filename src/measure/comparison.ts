import type { RunResult } from './result.ts'

export const COMPARISON_SCHEMA_NAME = 'stompede.comparison'
/** Minor: fields were added. Major: readers of the old one would misread. */
export const COMPARISON_SCHEMA_VERSION = '1.2.0'

/**
 * What a comparison leaves behind: one JSON file, the only thing its reports read. Its JSON Schema is
 * `comparison.schema.json`. A is the side compared against (the base), B the one that is judged (the new one).
 */
export interface ComparisonResult {
  schema: typeof COMPARISON_SCHEMA_NAME
  schemaVersion: string
  run: {
    id: string
    kind: 'comparison'
    startedAt: string
    endedAt: string
    durationSeconds: number
    isPartial: boolean
    /** `fault`: a side did not start, or a run could not be made at all. */
    stoppedBy: 'plan' | 'signal' | 'budget' | 'fault'
    tags: Record<string, string>
    command: string
  }
  /**
   * `pairs`: interleaved pairs that were run for this. `self-check`: the same with one side twice. `stored`: results that
   * were there before; advisory.
   */
  method: 'pairs' | 'self-check' | 'stored'
  plan: {
    scenario: string
    description: string
    source: string
    seed: number
    users: number
    durationSeconds: number
    hash: string
  }
  /** Of the first run, whichever side made it; for `stored`, of B's. What each side is stands in `sides`. */
  environment: RunResult['environment']
  sides: { a: ComparisonSide; b: ComparisonSide }
  /** In the order in which they were run; empty for `stored`. */
  pairs: ComparisonPair[]
  /** At most four are gated; the others inform. */
  metrics: ComparedMetric[]
  /** Per percentile of `message_last_delivery`, B over A. */
  shift: { percentile: number; ratio: number; lo: number; hi: number }[]
  /** What is absolute, whatever the noise: lost, duplicated, broken payloads on one side. */
  absolute: { name: string; a: number; b: number; status: 'ok' | 'worse' | 'better' }[]
  noise: MachineNoise | null
  /** Why the verdict is advice and nothing more, in words; empty when it gates. */
  advisory: string[]
  headline: string
  verdict: { status: ComparisonVerdict; exitCode: number; reasons: string[] }
}

export type ComparisonVerdict = 'worse' | 'better' | 'same' | 'unknown'

export interface ComparisonSide {
  name: string
  /** A start command, a URL, or the directories of stored results. */
  source: string
  runs: number
  /** Runs that were thrown away because the generator was not fit to measure. */
  discarded: number
  /** Of the side's first run; null where none was made, and in results before 1.2. */
  target: RunResult['environment']['target'] | null
}

export interface ComparisonPair {
  /** From 1. */
  number: number
  seed: number
  first: 'a' | 'b'
  /** By metric's id; null where a side did not measure it. */
  a: Record<string, number | null>
  b: Record<string, number | null>
  /** Where the results lie, relative to the directory of this one. */
  results: { a: string; b: string }
}

export interface ComparedMetric {
  /** `last_delivery_p50`, `last_delivery_p99`, `deliveries_per_second`, `cpu_per_1000_deliveries`, or any other. */
  id: string
  /** For people: `p99 send → last receipt`. */
  name: string
  unit: 'ms' | 'per second' | 'CPU s' | 'share' | 'count'
  isGated: boolean
  /** Whether a larger value is worse. */
  isWorseWhenHigher: boolean
  /** 0.1: ten per cent. */
  margin: number
  /** Medians over the runs of each side; null where not measured. */
  a: number | null
  b: number | null
  /** Every pair's ln(b / a), its sign turned so that above 0 is worse. For `stored`, empty. */
  logRatios: number[]
  /** Hodges-Lehmann, as a ratio minus 1 with the same sign; null with too few pairs. */
  change: { estimate: number; lo: number; hi: number; level: number } | null
  /** Smallest change these runs could have seen with a power of 80 %; null with too few pairs. */
  detectable: number | null
  /** The runs scatter so much (SD of the log ratios above 0.1) that nothing should be read into one pair. */
  isErratic: boolean
  /** For metrics that inform, by their interval adjusted after Holm. */
  verdict: ComparisonVerdict
  /** The line for people, numbers first, verdict last. */
  says: string
}

/** What a self-check found out about a machine: how far apart runs of the same thing are. */
export interface MachineNoise {
  measuredAt: string
  pairs: number
  /** By metric's id: the SD of log ratios and the least margin this machine can hold with 20 pairs. */
  metrics: Record<string, { sd: number; leastMargin: number }>
}
