import type { RunResult, ThresholdRow } from '../../measure/result.ts'
import type { Chart, ChartSeries, Heat } from './chart.ts'
import { clockText, countText, msText, numbered } from '../format.ts'
import { type Limit, limitOf } from '../margin.ts'
import { BANDS_PER_OCTAVE } from './latency-span.ts'
import { inMs, spansText, steppedText, threeDigits } from './chart-values.ts'
import type { TimelineView } from './timeline-view.ts'

/** Every delivery's latency over time: how often each came, with percentiles and limits over it. */
export function heatChart({ thresholds }: Pick<RunResult, 'thresholds'>, view: TimelineView): Chart {
  const limits = limitsOf(thresholds)
  const isSparse = view.latency.some((span) => span !== undefined && span.count < 1000)
  return {
    id: 'latency',
    title: heatTitle(view, limits.find(({ of }) => of === 'p(99)')?.limit),
    subtitle: `message_delivery of each ${steppedText(view.stepSeconds)}, response time, logarithmic; colour says how many took so long${isSparse ? '; where fewer than 1,000 arrived, p99 is of the slowest few' : ''}`,
    unit: 'ms',
    scale: 'log',
    heightPx: 320,
    series: [
      { label: 'p50', ink: 'ink', mark: 'line', values: inMs(view.latency.map((span) => span?.p50Us)) },
      { label: 'p99', ink: 'p99', mark: 'dashes', values: inMs(view.latency.map((span) => span?.p99Us)) },
      { label: 'max', ink: 'max', mark: 'dots', values: inMs(view.latency.map((span) => span?.maxUs)) },
    ],
    limits: limits.map(({ label, limit }) => ({ label, value: limit.value })),
    heat: heatOf(view),
  }
}

/** Load, users, deliveries, what was on its way and what went wrong, on one time axis. */
export function loadCharts(
  { plan, counters, errors }: Pick<RunResult, 'plan' | 'counters' | 'errors'>,
  view: TimelineView,
): Chart[] {
  return [
    paceChart({ plan, counters }, view),
    usersChart(view),
    deliveriesChart(view),
    inFlightChart(view),
    ...faultCharts(view),
    ...errorCharts(errors.length, view),
  ]
}

/** The generator's own load: how late it was, how its event loop and its processor did. */
export function generatorCharts({ intervals }: Pick<RunResult, 'intervals'>, view: TimelineView): Chart[] {
  const late = inMs(view.intervalP99(intervals, 'generator_lateness'))
  const delays = view.peaks('loop_delay_p99_us').map((us) => us / 1e3)
  const shares = view.peaks('cpu_share')
  const chart = (
    id: string,
    title: string,
    subtitle: string,
    unit: Chart['unit'],
    series: ChartSeries,
  ): Chart => ({ id, title, subtitle, unit, scale: 'linear', heightPx: 130, series: [series], limits: [] })
  const worst = (values: readonly (number | null)[]): string =>
    msText(Math.max(0, ...values.map((value) => value ?? 0)) * 1e3)
  return [
    ...(late.some((value) => value !== null)
      ? [
          chart(
            'lateness',
            `In the worst ${steppedText(Math.max(view.stepSeconds, intervals.stepSeconds))} work began ${worst(late)} ms late (p99)`,
            'lateness p99: from the planned moment to the real one',
            'ms',
            { label: 'lateness p99', ink: 'max', mark: 'line', values: late },
          ),
        ]
      : []),
    chart(
      'loop-delay',
      `The worst second’s loop delay was ${worst(delays)} ms (p99)`,
      'loop delay p99 of the busiest worker',
      'ms',
      { label: 'loop delay p99', ink: 'p99', mark: 'line', values: threeDigits(delays) },
    ),
    chart(
      'cpu',
      `The busiest worker used at most ${Math.round(Math.max(0, ...shares) * 100)} % of a core`,
      'share of a core',
      'share',
      { label: 'processor', ink: 'p50', mark: 'area', values: shares },
    ),
  ]
}

// --- internal ---

function heatOf(view: TimelineView): Heat {
  return {
    perOctave: BANDS_PER_OCTAVE,
    columns: view.latency.map((span) => {
      if (span === undefined) return []
      const bands = [...span.bands.keys()]
      const low = Math.min(...bands)
      const counts = Array.from(
        { length: Math.max(...bands) - low + 1 },
        (_, i) => span.bands.get(low + i) ?? 0,
      )
      return [low, ...counts]
    }),
  }
}

/** The scenario's limits on message_delivery: those in ms that it should stay under. */
function limitsOf(thresholds: readonly ThresholdRow[]): { label: string; of: string; limit: Limit }[] {
  return thresholds.flatMap(({ metric, expression, unit }) => {
    const limit = limitOf(expression)
    const isLine = metric === 'message_delivery' && unit === 'ms' && limit !== undefined && limit.value > 0
    return isLine ? [{ label: expression, of: expression.replace(/\s*[<>=!].*$/, ''), limit }] : []
  })
}

function heatTitle({ latency, stepSeconds, atSeconds }: TimelineView, limit: Limit | undefined): string {
  const worst = latency.reduce<number>(
    (at, span, i) => ((span?.p99Us ?? -1) > (latency[at]?.p99Us ?? -1) ? i : at),
    0,
  )
  const slow = latency[worst]
  if (slow === undefined) return 'Nothing was delivered'
  const span = steppedText(stepSeconds)
  const slowest = `${slow.isP99AtLeast ? '≥ ' : ''}${msText(slow.p99Us)} ms, at ${clockText(atSeconds[worst] ?? 0)}`
  // Only a ceiling is something to stay below.
  if (limit === undefined || !limit.operator.startsWith('<'))
    return `The slowest ${span} had a p99 of ${slowest}`
  // Where p99 lies among what was lost, nobody knows that it was below anything.
  const over = latency.filter(
    (each) => each !== undefined && (each.isP99AtLeast || each.p99Us >= limit.value * 1e3),
  )
  return over.length === 0
    ? `p99 stayed below ${countText(limit.value)} ms throughout; the slowest ${span} had ${slowest}`
    : `p99 was not below ${countText(limit.value)} ms in ${spansText(over.length, stepSeconds)}; the slowest ${span} had ${slowest}`
}

function paceChart({ plan, counters }: Pick<RunResult, 'plan' | 'counters'>, view: TimelineView): Chart {
  const planned = view.rates('iterations_planned')
  const dropped = view.rates('dropped_iterations')
  const isPlanned = view.names.includes('iterations_planned')
  const hasClosed = plan.activities.some((activity) => activity.planned === null)
  return {
    id: 'pace',
    title: paceTitle({ plan, counters }, isPlanned),
    subtitle: `iterations a second${isPlanned && hasClosed ? '; activities without a rate have no planned starts' : ''}`,
    unit: 'count',
    scale: 'linear',
    heightPx: 130,
    series: [
      { label: 'ended', ink: 'p50', mark: 'area', values: threeDigits(view.rates('iterations')) },
      ...(isPlanned
        ? [{ label: 'planned', ink: 'p99', mark: 'dashes', values: threeDigits(planned) } as const]
        : []),
      ...(dropped.some((rate) => rate > 0)
        ? [
            {
              label: 'dropped',
              ink: 'bad',
              mark: 'dots',
              values: threeDigits(dropped.map((rate) => rate || null)),
            } as const,
          ]
        : []),
    ],
    limits: [],
  }
}

function paceTitle({ plan, counters }: Pick<RunResult, 'plan' | 'counters'>, isPlanned: boolean): string {
  const ended = numbered(counters.iterations, 'iteration')
  const planned = plan.activities.reduce((sum, activity) => sum + (activity.planned ?? 0), 0)
  const { dropped_iterations: dropped } = counters
  if (!isPlanned && planned === 0) return `${ended} ended`
  return dropped === 0
    ? `${ended} ended; ${numbered(planned, 'start')} were planned and none was dropped`
    : `${countText(dropped)} of ${numbered(planned, 'planned start')} were dropped; ${ended} ended`
}

function usersChart(view: TimelineView): Chart {
  const most = (column: string): number => Math.max(0, ...view.peaks(column))
  return {
    id: 'users',
    title: `At most ${countText(most('users_connected'))} users were connected at once, ${countText(most('users_wanted'))} were wanted`,
    subtitle: 'users wanted and connected',
    unit: 'count',
    scale: 'linear',
    heightPx: 130,
    series: [
      { label: 'connected', ink: 'p50', mark: 'area', values: view.peaks('users_connected') },
      { label: 'wanted', ink: 'p99', mark: 'dashes', values: view.peaks('users_wanted') },
    ],
    limits: [],
  }
}

function deliveriesChart(view: TimelineView): Chart {
  const rates = view.rates('deliveries_received')
  const active = rates.filter((rate) => rate > 0)
  const mean = active.reduce((sum, rate) => sum + rate, 0) / Math.max(1, active.length)
  return {
    id: 'deliveries',
    title:
      active.length === 0
        ? 'Nothing was delivered'
        : `Up to ${countText(Math.round(Math.max(...active)))} deliveries a second, ${countText(Math.round(mean))} on average while there were any`,
    subtitle: 'deliveries and messages a second',
    unit: 'count',
    scale: 'linear',
    heightPx: 130,
    series: [
      { label: 'delivered', ink: 'p50', mark: 'area', values: threeDigits(rates) },
      {
        label: 'messages sent',
        ink: 'p99',
        mark: 'dashes',
        values: threeDigits(view.rates('messages_sent')),
      },
    ],
    limits: [],
  }
}

function inFlightChart(view: TimelineView): Chart {
  const pending = view.peaks('pending_deliveries')
  const most = Math.max(0, ...pending)
  return {
    id: 'pending',
    title:
      most === 0
        ? 'No delivery outlived its second'
        : `At most ${countText(most)} deliveries were on their way at the end of a second`,
    subtitle: 'deliveries sent but neither arrived nor given up',
    unit: 'count',
    scale: 'linear',
    heightPx: 130,
    series: [
      { label: 'at the end of the second', ink: 'max', mark: 'area', values: pending },
      ...(view.names.includes('in_flight')
        ? [
            {
              label: 'on average',
              ink: 'p99',
              mark: 'dashes',
              values: threeDigits(view.rates('in_flight')),
            } as const,
          ]
        : []),
    ],
    limits: [],
  }
}

const FAULTS = [
  ['deliveries_lost', 'lost'],
  ['deliveries_late', 'late'],
  ['deliveries_duplicated', 'duplicated'],
  ['deliveries_reordered', 'reordered'],
  ['deliveries_leaked', 'leaked'],
  ['deliveries_corrupted', 'corrupted'],
  ['deliveries_gap_lost', 'lost in a gap'],
  ['contract_violations', 'contract violations'],
] as const

function faultCharts(view: TimelineView): Chart[] {
  return stack(
    'faults',
    'Deliveries or payloads went wrong',
    'a second, by the second they were counted in',
    FAULTS.map(([column, label]) => ({ label, values: view.rates(column) })),
    view,
  )
}

/** Columns that stand for the classes in results that have none. */
const FAILURES = [
  ['http_req_failed', 'failed calls'],
  ['sessions_failed', 'failed sessions'],
  ['connections_lost', 'lost connections'],
] as const

function errorCharts(kinds: number, view: TimelineView): Chart[] {
  const names = view.names.filter((name) => name.startsWith('errors{class:'))
  const named = names.map((name) => ({
    label: name.slice('errors{class:'.length, -1),
    values: view.rates(name),
  }))
  if (!view.names.includes('errors')) {
    const failures = FAILURES.map(([column, label]) => ({ label, values: view.rates(column) }))
    return stack('errors', 'Calls or sessions failed', 'a second', failures, view)
  }
  const all = view.rates('errors')
  const rest = all.map((rate, i) => rate - named.reduce((sum, { values }) => sum + (values[i] ?? 0), 0))
  const others = {
    label: 'other classes',
    values: rest.map((rate) => Math.max(0, threeDigits([rate])[0] ?? 0)),
  }
  return stack(
    'errors',
    `Errors of ${numbered(kinds, 'class', 'classes')} came`,
    'errors a second by class',
    [...named, others],
    view,
  )
}

/** What moved, as bars on each other; no chart where nothing did. */
function stack(
  id: string,
  says: string,
  subtitle: string,
  parts: readonly { label: string; values: number[] }[],
  { atSeconds, stepSeconds }: TimelineView,
): Chart[] {
  const inks = ['bad', 'p99', 'max', 'p50', 'soft'] as const
  const moved = parts.filter(({ values }) => values.some((value) => value > 0))
  if (moved.length === 0) return []
  const totals = atSeconds.map((_, i) => moved.reduce((sum, { values }) => sum + (values[i] ?? 0), 0))
  const hit = totals.filter((total) => total > 0).length
  const worst = clockText(atSeconds[totals.indexOf(Math.max(...totals))] ?? 0)
  const series = moved.map(({ label, values }, i): ChartSeries => ({
    label,
    ink: inks[i % inks.length] as ChartSeries['ink'],
    mark: 'bars',
    values: threeDigits(values),
  }))
  const title = `${says} in ${spansText(hit, stepSeconds)}, most at ${worst}`
  return [{ id, title, subtitle, unit: 'count', scale: 'linear', heightPx: 130, series, limits: [] }]
}
