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
}

export interface ChartSeries {
  label: string
  ink: 'p50' | 'p99' | 'max' | 'bad' | 'soft'
  mark: 'line' | 'dashes' | 'dots' | 'area' | 'bars'
  values: (number | null)[]
}
