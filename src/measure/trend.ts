/** What `stompede trend` draws: the gated metrics of stored runs over time. Plain data, made anew from the reports each time. */
export interface TrendReport {
  madeAt: string
  /** One a scenario and plan, metric, and kind of machine. */
  series: TrendSeries[]
  /** What could not be read, in words. */
  passedOver: string[]
}

export interface TrendSeries {
  scenario: string
  planHash: string
  /** Null for capacity searches, whose answer it is. */
  users: number | null
  /** The kind of machine and of target, for people: runs on another kind are a series of their own. */
  machine: string
  metric: TrendMetric
  points: TrendPoint[]
  changes: TrendChange[]
  /**
   * Mean ± 4 SD of the last 40 points of the environment of the last one, in the metric's unit; null with fewer than 8. Made of
   * logarithms, as changes are: it does not reach below 0, and its mean is the geometric one.
   */
  band: { lo: number; hi: number; mean: number } | null
}

/** What a series is of. */
export interface TrendMetric {
  id: string
  name: string
  unit: 'ms' | 'per second' | 'CPU s' | 'share' | 'count'
  isWorseWhenHigher: boolean
}

/** Where no environment has so many points, nothing can be said about changes: two levels of four. */
export const FEWEST_POINTS = 8

/** The runs of one commit, or one run without a commit. */
export interface TrendPoint {
  /** Of the first of its runs. */
  at: string
  commit: string | null
  /** Median of its runs. */
  value: number
  /** The true value is at least `value`: the median lies among censored figures, those of timeouts and losses. */
  isAtLeast: boolean
  runs: number
  /** Names of those runs' directories that are still there, relative to the reports. */
  directories: string[]
  /** The page of the first of those runs that has one, relative to the reports; null without one. */
  page: string | null
  /**
   * What may change on a machine of that kind, for people: versions, memory, workers. Where it differs from the point before,
   * the line breaks. Changes are looked for among the points of one environment, in their order.
   */
  environment: string
  /** From notes.ndjson; null without one. */
  note: string | null
}

export interface TrendChange {
  /** Index of the first point after the change; the last one before it is the nearest earlier one of the same environment. */
  at: number
  /** As a share of the level before; above 0 is worse. */
  change: number
  pValue: number
  verdict: 'worse' | 'better'
  /** Somebody knows about it: it is the change nearest to a note, among the points of one environment and at most 4 of them away. */
  isAcknowledged: boolean
}
