import type { TrendChange, TrendPoint, TrendSeries } from '../../measure/trend.ts'
import { numbered } from '../format.ts'
import { commitText, noChangeText, pointText, signedChange } from '../trend-words.ts'
import { bounded } from '../visible.ts'
import { type Axis, linearAxis } from './axis.ts'
import { acrossOf, drawing, type Frame, path, percentOf, spokenMark, TOP, upOf } from './drawing.ts'
import { dataTable, drawnFigure } from './drawn-figure.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'
import { addressBelow, linkBelow } from './report-link.ts'
import { momentText } from './verdict.ts'

/** A series as far as there is room for it: its last points, with the changes among them. */
export interface ShownSeries extends TrendSeries {
  /** Points that are older than those shown. */
  older: number
}

/** The last `most` points of a series. */
export function lastOf(series: TrendSeries, most: number): ShownSeries {
  const older = Math.max(0, series.points.length - most)
  return {
    ...series,
    points: series.points.slice(older),
    changes: series.changes
      .filter(({ at }) => at >= older)
      .map((change) => ({ ...change, at: change.at - older })),
    older,
  }
}

/** A metric over commits: points, band, changes, breaks, and the same as a table. */
export function seriesFigure(series: ShownSeries, id: string, most: number): Markup {
  const { metric, points, band, older } = series
  const frame = frameOf(series)
  const name = bounded(metric.name, 80)
  return drawnFigure({
    id,
    title: html`${isolated(name)}: ${finding(series)}`,
    subtitle: `${UNIT_TEXT[metric.unit]}${metric.unit === 'count' ? '' : ', '}${metric.isWorseWhenHigher ? 'higher is worse' : 'lower is worse'}; ${numbered(points.length, 'point')}${older > 0 ? `, ${older.toLocaleString('en-US')} older ones not shown` : ''}`,
    keys: [],
    drawing: drawing(
      frame,
      { label: `${name} over ${numbered(points.length, 'point')}`, xName: '', isActive: true },
      html`${band !== null && bandMarkup(frame, Math.max(0, points.length - BAND_POINTS, breaks(series).at(-1) ?? 0), band)}
      ${stretches(series).map(({ from, to }) => {
        const within = points.slice(from, to + 1).map(({ value }, i) => [from + i, value] as const)
        return within.length > 1 && path(frame, within, 'p50')
      })}
      ${breaks(series).map((at) => breakMarkup(frame, at))}
      ${series.changes.slice(0, MOST_CHANGES).map((change, i) => changeMarkup(frame, change, signedChange(change, metric), i))}
      ${points.map((point, i) =>
        spokenMark(frame, {
          across: acrossOf(frame, i),
          up: upOf(frame, point.value),
          mark: point.note === null ? 'disc' : 'diamond',
          ink: 'of-p50',
          says: pointSays(series, i, most),
          address: addressOf(point),
          xName: '',
        }),
      )}`,
    ),
    table: dataTable(
      `${name}, every point`,
      ['Commit or run', 'At', { figure: 'Value' }, { figure: 'Runs' }, 'What is known of it'],
      points.map((point, i): Content[] => [
        linkBelow(
          addressOf(point) === undefined ? null : point.page,
          html`<code>${isolated(nameOf(point))}</code>`,
        ),
        momentText(bounded(point.at, 40)),
        pointText(point, metric.unit),
        point.runs,
        isolated(remarks(series, i, most).join('; ')),
      ]),
    ),
  })
}

/** How a change reads, its sign that of the figures: `+14 %, worse, not explained`. */
export function changeSays(change: TrendChange, metric: TrendSeries['metric']): string {
  return `${signedChange(change, metric)}, ${change.verdict}, ${change.isAcknowledged ? 'acknowledged' : 'not explained'}`
}

/** The commit, or the name of the run. */
export function nameOf({ commit, directories }: TrendPoint): string {
  return bounded(commit === null ? (directories[0] ?? 'a run') : commitText(commit), 60)
}

// --- internal ---

const HEIGHT = 150
const MOST_CHANGES = 20

function frameOf({ points, band, metric }: ShownSeries): Frame {
  const values = points.map(({ value }) => value).filter(Number.isFinite)
  const [low, high] = [Math.min(...values, band?.lo ?? Infinity), Math.max(...values, band?.hi ?? -Infinity)]
  const room = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1
  return {
    x: placeAxis(points),
    y: linearAxis(low - room, high + 2.5 * room, (value) => tickText(value, metric.unit), 4),
    heightPx: HEIGHT,
  }
}

/** What stands at an axis has little room. */
function tickText(value: number, unit: TrendSeries['metric']['unit']): string {
  const figure = Number(value.toPrecision(4)).toLocaleString('en-US', { maximumSignificantDigits: 4 })
  if (unit === 'share') return `${Number((value * 100).toPrecision(4))} %`
  return figure + { ms: ' ms', 'per second': '/s', 'CPU s': ' s', count: '' }[unit]
}

/** Every point has the same room; the first, the middle and the last day are named. */
function placeAxis(points: readonly TrendPoint[]): Axis {
  const last = points.length - 1
  const places = last < 2 ? [0] : [0, last]
  return {
    at: (place) => (place + 0.5) / (last + 1),
    ticks: [...new Set(places)].map((place) => ({
      value: place,
      text: bounded((points[place]?.at ?? '').slice(0, 10), 12),
    })),
  }
}

function finding({ points, changes, metric }: ShownSeries): string {
  const last = points.at(-1)
  if (last === undefined) return 'no point'
  const now = pointText(last, metric.unit)
  const open = changes.filter(({ isAcknowledged }) => !isAcknowledged)
  const told = (open.length > 0 ? open : changes).at(-1)
  if (told === undefined) return `${now}, ${noChangeText(points)}`
  const point = points[told.at]
  return `${now}; ${changeSays(told, metric)}, since ${point === undefined ? 'before' : nameOf(point)}`
}

/** Where the machine is another than at the point before. */
function breaks({ points }: ShownSeries): number[] {
  return points.flatMap((point, i) => (i > 0 && point.environment !== points[i - 1]?.environment ? [i] : []))
}

/** Points between which the line does not break. */
function stretches(series: ShownSeries): { from: number; to: number }[] {
  const edges = [0, ...breaks(series), series.points.length]
  return edges.slice(1).map((end, i) => ({ from: edges[i] as number, to: end - 1 }))
}

/** The band lies where its points do: the last ones since the last break. */
function bandMarkup(frame: Frame, first: number, { lo, hi, mean }: NonNullable<TrendSeries['band']>): Markup {
  const from = first - 0.5
  const [top, bottom] = [upOf(frame, hi), upOf(frame, lo)]
  const left = percentOf(frame.x.at(from))
  return html`<rect
      class="zone-quiet"
      x="${left}"
      width="${percentOf(1 - frame.x.at(from))}"
      y="${top}"
      height="${Math.max(0, bottom - top).toFixed(2)}"
    /><line class="mean" x1="${left}" x2="100%" y1="${upOf(frame, mean)}" y2="${upOf(frame, mean)}" />`
}

/** The band is that of so many points. */
const BAND_POINTS = 40

/** A break, halfway between the points on both sides of it. */
function breakMarkup(frame: Frame, at: number): Markup {
  const across = percentOf(frame.x.at(at - 0.5))
  return html`<rect
    class="gap"
    x="${across}"
    width="5"
    y="${TOP}"
    height="${frame.heightPx}"
    transform="translate(-2.5 0)"
  />`
}

function changeMarkup(frame: Frame, change: TrendChange, size: string, place: number): Markup {
  const share = frame.x.at(change.at - 0.5)
  const across = percentOf(share)
  const style = change.isAcknowledged ? 'quiet' : change.verdict === 'worse' ? 'bad' : 'good'
  const side = share > 0.6 ? 'end' : 'start'
  const sign = change.isAcknowledged ? ' ✓' : ''
  return html`<line
      class="${style}"
      x1="${across}"
      x2="${across}"
      y1="${TOP}"
      y2="${TOP + frame.heightPx}"
    /><svg x="${across}">
      <text
        x="${side === 'end' ? -5 : 5}"
        y="${TOP + 11 + 14 * (place % 3)}"
        class="halo strong ${side} ${style}"
      >
        ${size} ${change.verdict}${sign}
      </text>
    </svg>`
}

function pointSays(series: ShownSeries, place: number, most: number): string {
  const point = series.points[place] as TrendPoint
  const parts = [
    nameOf(point),
    momentText(bounded(point.at, 40)),
    pointText(point, series.metric.unit),
    ...(point.runs > 1 ? [`median of ${point.runs} runs`] : []),
    ...remarks(series, place, most),
  ]
  return parts.join(', ')
}

function remarks({ points, changes, metric }: ShownSeries, place: number, most: number): string[] {
  const point = points[place] as TrendPoint
  const change = changes.find(({ at }) => at === place)
  const before = points[place - 1]
  return [
    ...(change === undefined ? [] : [changeSays(change, metric)]),
    ...(before !== undefined && before.environment !== point.environment
      ? [`from here on: ${bounded(point.environment, most)}`]
      : []),
    ...(point.note === null ? [] : [`note: ${bounded(point.note, most)}`]),
  ]
}

/** The address of a point's page: only one of a directory right beneath this page's. */
function addressOf({ page }: TrendPoint): string | undefined {
  return page === null || page.split('/').length !== 2 || page.length > 220 ? undefined : addressBelow(page)
}

const UNIT_TEXT: Record<TrendSeries['metric']['unit'], string> = {
  ms: 'milliseconds',
  'per second': 'a second',
  'CPU s': 'CPU seconds',
  share: 'share',
  count: '',
}
