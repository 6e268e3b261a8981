import type { RunResult, ThresholdRow } from '../measure/result.ts'
import type { Chart, ChartSeries } from './chart.ts'
import { clockText, countText, msText, numbered } from './format.ts'
import { limitOf } from './margin.ts'
import type { TimelineView } from './timeline-view.ts'

/** Latency over time with its limits, then load, deliveries and what was on its way, on one time axis. */
export function runCharts({ thresholds }: RunResult, view: TimelineView): Chart[] {
  const faults = faultSeries(view)
  return [
    {
      id: 'latency',
      title: latencyTitle(view),
      subtitle: 'message_delivery of each second, response time, logarithmic',
      unit: 'ms',
      scale: 'log',
      heightPx: 260,
      series: [
        { label: 'p50', ink: 'p50', mark: 'line', values: inMs(view.latency('p50')) },
        { label: 'p99', ink: 'p99', mark: 'dashes', values: inMs(view.latency('p99')) },
        { label: 'max', ink: 'max', mark: 'dots', values: inMs(view.latency('max')) },
      ],
      limits: limitsOf(thresholds),
    },
    {
      id: 'deliveries',
      title: rateTitle(view),
      subtitle: 'deliveries and messages a second',
      unit: 'count',
      scale: 'linear',
      heightPx: 150,
      series: [
        { label: 'delivered', ink: 'p50', mark: 'area', values: rounded(view.rates('deliveries_received')) },
        { label: 'sent', ink: 'p99', mark: 'dashes', values: rounded(view.rates('messages_sent')) },
      ],
      limits: [],
    },
    {
      id: 'users',
      title: usersTitle(view),
      subtitle: 'users wanted and connected',
      unit: 'count',
      scale: 'linear',
      heightPx: 150,
      series: [
        { label: 'connected', ink: 'p50', mark: 'area', values: view.peaks('users_connected') },
        { label: 'wanted', ink: 'soft', mark: 'dashes', values: view.peaks('users_wanted') },
      ],
      limits: [],
    },
    {
      id: 'pending',
      title: pendingTitle(view),
      subtitle: 'deliveries sent but neither arrived nor given up, at the end of each second',
      unit: 'count',
      scale: 'linear',
      heightPx: 130,
      series: [{ label: 'on the way', ink: 'max', mark: 'area', values: view.peaks('pending_deliveries') }],
      limits: [],
    },
    ...(faults.length === 0 ? [] : [faultChart(faults, view)]),
  ]
}

/** The generator's own load, on a time axis of its own. */
export function generatorCharts(view: TimelineView): Chart[] {
  const delays = view.peaks('loop_delay_p99_us').map((us) => us / 1e3)
  const shares = view.peaks('cpu_share')
  return [
    {
      id: 'loop-delay',
      title: `The worst second’s loop delay was ${msText(Math.max(0, ...delays) * 1e3)} ms (p99)`,
      subtitle: 'loop delay p99 of the busiest worker',
      unit: 'ms',
      scale: 'linear',
      heightPx: 120,
      series: [{ label: 'loop delay p99', ink: 'p99', mark: 'line', values: rounded(delays) }],
      limits: [],
    },
    {
      id: 'cpu',
      title: `The busiest worker used at most ${Math.round(Math.max(0, ...shares) * 100)} % of a core`,
      subtitle: 'share of a core',
      unit: 'share',
      scale: 'linear',
      heightPx: 120,
      series: [{ label: 'processor', ink: 'p50', mark: 'area', values: shares }],
      limits: [],
    },
  ]
}

// --- internal ---

const FAULTS = [
  ['deliveries_lost', 'lost'],
  ['deliveries_gap_lost', 'lost in a gap'],
  ['deliveries_duplicated', 'duplicated'],
  ['contract_violations', 'violations'],
  ['http_req_failed', 'failed calls'],
  ['sessions_failed', 'failed sessions'],
  ['dropped_iterations', 'dropped starts'],
] as const

function faultSeries(view: TimelineView): ChartSeries[] {
  const inks = ['bad', 'p99', 'max', 'p50', 'soft'] as const
  return FAULTS.map(([column, label]) => ({ label, values: rounded(view.rates(column)) }))
    .filter(({ values }) => values.some((value) => value > 0))
    .map(({ label, values }, i) => ({
      label,
      ink: inks[i % inks.length] as ChartSeries['ink'],
      mark: 'bars',
      values,
    }))
}

function faultChart(series: ChartSeries[], { atSeconds, stepSeconds }: TimelineView): Chart {
  const totals = atSeconds.map((_, i) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0))
  const worst = totals.indexOf(Math.max(...totals))
  const hit = totals.filter((total) => total > 0).length * stepSeconds
  return {
    id: 'faults',
    title: `Something went wrong in ${numbered(hit, 'second')}, most at ${clockText(atSeconds[worst] ?? 0)}`,
    subtitle: 'losses, duplicates, violations and failures a second, by the second they were counted in',
    unit: 'count',
    scale: 'linear',
    heightPx: 150,
    series,
    limits: [],
  }
}

/** The scenario's limits on message_delivery: those in ms that it should stay under. */
function limitsOf(thresholds: readonly ThresholdRow[]): Chart['limits'] {
  return thresholds.flatMap(({ metric, expression, unit }) => {
    const limit = limitOf(expression)
    const isLine = metric === 'message_delivery' && unit === 'ms' && limit !== undefined && limit.value > 0
    return isLine ? [{ label: expression, value: limit.value }] : []
  })
}

function latencyTitle(view: TimelineView): string {
  const values = view.latency('p99')
  const worst = values.reduce<number>((at, value, i) => ((value ?? -1) > (values[at] ?? -1) ? i : at), 0)
  const us = values[worst]
  if (us === undefined || us === null) return 'Nothing was delivered'
  const span = view.stepSeconds === 1 ? 'second' : `${view.stepSeconds} seconds`
  return `The slowest ${span} had a p99 of ${msText(us)} ms, at ${clockText(view.atSeconds[worst] ?? 0)}`
}

function rateTitle(view: TimelineView): string {
  const rates = view.rates('deliveries_received')
  const active = rates.filter((rate) => rate > 0)
  if (active.length === 0) return 'Nothing was delivered'
  const mean = active.reduce((sum, rate) => sum + rate, 0) / active.length
  return `Up to ${countText(Math.round(Math.max(...active)))} deliveries a second, ${countText(Math.round(mean))} on average while there were any`
}

function usersTitle(view: TimelineView): string {
  const most = (column: string): number => Math.max(0, ...view.peaks(column))
  return `At most ${countText(most('users_connected'))} users were connected at once, ${countText(most('users_wanted'))} were wanted`
}

function pendingTitle(view: TimelineView): string {
  const most = Math.max(0, ...view.peaks('pending_deliveries'))
  return most === 0
    ? 'No delivery outlived its second'
    : `At most ${countText(most)} deliveries were on their way at the end of a second`
}

function inMs(values: readonly (number | null)[]): (number | null)[] {
  return values.map((us) => (us === null ? null : us / 1e3))
}

function rounded(values: readonly number[]): number[] {
  return values.map((value) => Math.round(value * 1e3) / 1e3)
}
