import type { RunResult, TrendSummary } from '../../measure/result.ts'
import type { Chart, ChartSeries, Sheet } from './chart.ts'
import { inMs } from './chart-values.ts'
import { msText, shareText } from '../format.ts'
import { curveAt, decadeOf, LEAST_BEYOND } from './percentile-curve.ts'

/** Curves of one chart by their labels. */
interface Curve {
  label: string
  trend: TrendSummary
  ink: ChartSeries['ink']
  mark: ChartSeries['mark']
}

/** Response time against service time: what users wait, and what of it is the target's. */
export function distributionCurves({ trends }: Pick<RunResult, 'trends'>): Curve[] {
  return curvesOf(trends, [
    ['response time', 'message_delivery', 'p50', 'line'],
    ['service time', 'message_delivery{basis:service}', 'p99', 'dashes'],
  ])
}

/** The first member of a room to have a message, each, and the last; none where there are too few messages to tell. */
export function fanOutCurves({ trends }: Pick<RunResult, 'trends'>): Curve[] {
  const curves = curvesOf(trends, [
    ['first receipt', 'message_first_delivery', 'p50', 'line'],
    ['each receipt', 'message_delivery', 'ink', 'dots'],
    ['last receipt', 'message_last_delivery', 'p99', 'dashes'],
  ])
  return curves.length === 3 ? curves : []
}

/** Charts of percentiles, on an axis that gives each further nine the same room. */
export function rankSheet(result: Pick<RunResult, 'trends'>): Sheet {
  const each = [distributionCurves(result), fanOutCurves(result)]
  const most = Math.max(0, ...each.flat().map(({ trend }) => trend.count))
  const last = Math.max(1, Math.log10(most / LEAST_BEYOND))
  const decades = Array.from({ length: Math.floor((last - FIRST) / STEP) + 1 }, (_, i) => FIRST + i * STEP)
  const at = [...decades, last].map((decade) => Math.round(decade * 1e4) / 1e4)
  const [distribution = [], fanOut = []] = each
  return {
    id: 'rank',
    at,
    step: 0,
    charts: [
      ...chartOf('distribution', distributionTitle(result), distribution, at),
      ...chartOf('fan-out', fanOutTitle(result), fanOut, at),
    ],
  }
}

// --- internal ---

const FIRST = decadeOf(50)
const STEP = 0.04

function curvesOf(
  trends: RunResult['trends'],
  wanted: readonly (readonly [string, string, ChartSeries['ink'], ChartSeries['mark']])[],
): Curve[] {
  return wanted.flatMap(([label, metric, ink, mark]) => {
    const trend = trends[metric]
    return trend === undefined || trend.count < 2 * LEAST_BEYOND ? [] : [{ label, trend, ink, mark }]
  })
}

function chartOf(id: string, title: string, curves: readonly Curve[], at: readonly number[]): Chart[] {
  if (curves.length === 0) return []
  return [
    {
      id,
      title,
      subtitle: `percentiles, each further nine as wide as the one before; a curve ends where fewer than ${LEAST_BEYOND} samples lie beyond`,
      unit: 'ms',
      scale: 'log',
      heightPx: 260,
      series: curves.map(({ label, trend, ink, mark }) => ({
        label,
        ink,
        mark,
        values: inMs(curveAt(trend, at).map((point) => point?.us)),
      })),
      limits: atLeastOf(curves),
    },
  ]
}

/** Where timeouts and losses stand, if a curve reaches into them. */
function atLeastOf(curves: readonly Curve[]): Chart['limits'] {
  const reached = curves.filter(({ trend }) => trend.atLeast.length > 0).map(({ trend }) => trend.maxUs)
  return reached.length === 0
    ? []
    : [{ label: 'timeouts and losses: at least', value: Math.max(...reached) / 1e3 }]
}

function distributionTitle({ trends }: Pick<RunResult, 'trends'>): string {
  const response = trends['message_delivery']
  const service = trends['message_delivery{basis:service}']
  if (response === undefined) return 'Nothing was delivered'
  const of = (trend: TrendSummary, p: string): string => `${msText(trend.percentilesUs[p] ?? 0)} ms`
  if (response.atLeast.includes('50')) return 'More than half of the deliveries were lost or given up'
  const half = `Half of the deliveries arrived within ${of(response, '50')} of their planned moment`
  if (response.atLeast.includes('99'))
    return `${half}; ${shareText(response.censored / response.count)} of all samples are losses or timeouts`
  const told = ['99', '95', '90'].find((p) => response.count * (1 - Number(p) / 100) >= LEAST_BEYOND - 1e-6)
  if (told === undefined) return `${half}, the slowest within ${msText(response.maxUs)} ms`
  const counted = service === undefined ? '' : ` (${of(service, told)} from the sending)`
  return `${half}, ${told} % within ${of(response, told)}${counted}`
}

function fanOutTitle({ trends }: Pick<RunResult, 'trends'>): string {
  const [first, last] = [trends['message_first_delivery'], trends['message_last_delivery']]
  if (first === undefined || last === undefined) return 'No message reached a whole room'
  const p50 = ({ percentilesUs }: TrendSummary): number => percentilesUs['50'] ?? 0
  return `The first member had a message after ${msText(p50(first))} ms, the whole room after ${msText(p50(last))} ms (medians)`
}
