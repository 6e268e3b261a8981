import type { TrendChange, TrendReport, TrendSeries } from '../../measure/trend.ts'
import { padEnd, widthOf } from '../../report/columns.ts'
import { countText, numbered } from '../../report/format.ts'
import { commitText, noChangeText, pointText, signedChange } from '../../report/trend-words.ts'
import { bounded, visibleLine } from '../../report/visible.ts'

/** A trend as lines of a terminal: a heading for each plan on each machine, under it a line a metric. */
export function trendLines({ series, passedOver }: TrendReport, page: string | null): string[] {
  const groups = [
    ...Map.groupBy(series, ({ scenario, planHash, users, machine }) =>
      JSON.stringify([scenario, planHash, users, machine]),
    ).values(),
  ] as [TrendSeries, ...TrendSeries[]][]
  const headings = groups.map(([first]) => headingOf(first, false))
  const shown = groups.flatMap((group, i) => {
    const isOne = headings.filter((heading) => heading === headings[i]).length === 1
    return ['', headingOf(group[0], !isOne), ...table(group)]
  })
  return [
    ...(series.length === 0 ? ['no run that a trend can be made of'] : shown.slice(1)),
    ...passedOverLines(passedOver),
    ...(page === null ? [] : ['', `page       ${visibleLine(page)}`]),
  ]
}

// --- internal ---

/** More is what the page and --json are for. */
const MOST_TOLD = 5

/** The plan's hash is for those who have two plans that read alike. */
function headingOf({ scenario, planHash, users, machine }: TrendSeries, isHashShown: boolean): string {
  const plan =
    users === null
      ? `capacity, ${planHash}`
      : `${numbered(users, 'user')}${isHashShown ? `, plan ${planHash}` : ''}`
  return short(`${scenario} · ${plan} · ${machine}`, 200)
}

function table(series: readonly TrendSeries[]): string[] {
  const rows = series.map(({ metric, points, changes }) => [
    metric.name,
    pointText(points.at(-1), metric.unit),
    numbered(points.length, 'point'),
    changeSays(changes.at(-1), points, metric),
  ])
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => widthOf(row[i] as string))))
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i < 3 ? padEnd(cell, widths[i] as number) : cell)).join('  ')}`.trimEnd(),
  )
}

/** The last change of a series. */
function changeSays(
  change: TrendChange | undefined,
  points: TrendSeries['points'],
  metric: TrendSeries['metric'],
): string {
  if (change === undefined) return noChangeText(points)
  const at = points[change.at]
  const where =
    at === undefined ? '' : ` since ${at.commit === null ? at.at.slice(0, 16) : commitText(at.commit)}`
  return short(
    `${signedChange(change, metric)} ${change.verdict}${where}${change.isAcknowledged ? ' (acknowledged)' : ''}`,
    120,
  )
}

function passedOverLines(passedOver: readonly string[]): string[] {
  if (passedOver.length === 0) return []
  const more = passedOver.length - MOST_TOLD
  return [
    '',
    'passed over',
    ...passedOver.slice(0, MOST_TOLD).map((each) => `  ${short(each, 200)}`),
    ...(more > 0 ? [`  and ${countText(more)} more: --json lists them`] : []),
  ]
}

function short(text: string, length: number): string {
  return visibleLine(bounded(text, length))
}
