/** A chart as data: the page's script draws it, the page's table lists it. */
export interface Chart {
  id: string
  /** The finding, in a sentence. */
  title: string
  /** What is drawn. */
  subtitle: string
  unit: 'ms' | 'count' | 'share'
  scale: 'log' | 'linear'
  heightPx: number
  series: ChartSeries[]
  limits: { label: string; value: number }[]
  /** What lies behind the lines: how often each latency came. */
  heat?: Heat
}

export interface ChartSeries {
  label: string
  ink: 'p50' | 'p99' | 'max' | 'bad' | 'soft' | 'ink'
  /** Bars of one chart stand on each other; each has a texture of its own, by its place in the series. */
  mark: 'line' | 'dashes' | 'dots' | 'area' | 'bars'
  values: (number | null)[]
}

/** Counts of latencies by bands of equal ratio: band b begins at 1 ms × 2^(b / perOctave). */
export interface Heat {
  perOctave: number
  /** By span: its first band, then its counts and those of the bands above, as far as there are any. */
  columns: number[][]
}

/** Charts over one axis, with one cursor. */
export interface Sheet {
  /** `time`: seconds after the start. `rank`: decades of one-in-so-many, log10(1 / (1 - p)). */
  id: 'time' | 'rank'
  /** Where on the axis each value stands. For spans of time, where they end. */
  at: number[]
  /** Length of the spans; 0 where they have none. */
  step: number
  charts: Chart[]
}
