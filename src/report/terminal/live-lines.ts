import type { ThresholdRow } from '../../measure/result.ts'
import { clip, padEnd, padStart, widthOf } from '../columns.ts'
import { clockText, countText, glanceText, numbered, partText, shareText, spanText } from '../format.ts'
import type { Paint } from './paint.ts'
import { perSecond, type Progress, type ProgressPercentiles } from './progress.ts'
import { progressBar, sparkline } from './sparkline.ts'
import { failedFirst, THRESHOLD_STYLE } from './summary-thresholds.ts'
import { observedText } from '../margin.ts'
import { visibleLine } from '../visible.ts'

/** What the live block shows: the run's seconds so far and where its clock stands. */
export interface LiveView {
  title: string
  plannedSeconds: number
  elapsedSeconds: number
  /** Oldest first; as many as a sparkline may want. */
  history: readonly Progress[]
}

/** The live block, none of its lines wider than `columns`. */
export function liveLines(view: LiveView, columns: number, paint: Paint): string[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns - 1))
  const last = view.history.at(-1)
  const lines = [headLine(view, width, paint), barLine(view, width, paint)]
  if (last === undefined) return lines
  return [
    ...lines,
    '',
    usersLine(last, width, paint),
    rateLine('sent', 'messages_sent', view, '', width, paint),
    rateLine('delivered', 'deliveries_received', view, deliveredNote(last), width, paint),
    lossLine(last, width, paint),
    ...latencyLines(last, paint),
    ...thresholdLines(last, width, paint),
    ...errorLines(last, width, paint),
    healthLine(last, width, paint),
  ]
}

/** One plain line for logs, its rates and percentiles those of the last second. */
export function plainLine(last: Progress): string {
  const { plannedSeconds, counters, interval } = last
  const failing = last.thresholds.filter(({ status }) => status === 'fail')
  return [
    `${clockText(last.second)}/${clockText(plannedSeconds)}`,
    `users ${last.users}/${last.usersWanted}`,
    `sent ${perSecond(last, 'messages_sent')}/s`,
    `delivered ${perSecond(last, 'deliveries_received')}/s`,
    `lost ${counters.deliveries_lost}`,
    interval === undefined
      ? 'p50 – p99 –'
      : `p50 ${glanceText(interval.p50Us)} p99 ${glanceText(interval.p99Us)}`,
    ...(errorsOf(last) > 0 ? [`errors ${errorsOf(last)}`] : []),
    ...(counters.contract_violations > 0 ? [`violations ${counters.contract_violations}`] : []),
    ...failing.map((row) => visibleLine(`failing ${row.metric} ${row.expression} (${observedText(row)})`)),
  ].join(' ')
}

// --- internal ---

const NARROWEST = 40
/** Beyond this the eye does not follow a line. */
const WIDEST = 120
const LABEL = 11
const RATE = 9
const MOST_ERRORS = 3
const MOST_THRESHOLDS = 4

function headLine(view: LiveView, width: number, paint: Paint): string {
  const phase = phaseOf(view)
  const clock = `${clockText(view.elapsedSeconds)} / ${clockText(view.plannedSeconds)}`
  const title = clip(visibleLine(view.title), Math.max(0, width - widthOf(phase) - widthOf(clock) - 5))
  const gap = width - widthOf(title) - widthOf(phase) - widthOf(clock) - 3
  return `${paint('bold', title)}${' '.repeat(Math.max(1, gap))}${paint('cyan', phase)}   ${clock}`
}

function barLine({ elapsedSeconds, plannedSeconds, history }: LiveView, width: number, paint: Paint): string {
  const share = plannedSeconds > 0 ? Math.min(1, elapsedSeconds / plannedSeconds) : 1
  const leftSeconds = Math.ceil(plannedSeconds - elapsedSeconds)
  const note = leftSeconds > 0 ? `${spanText(leftSeconds)} left` : waitingFor(history.at(-1))
  const { done, left } = progressBar(share, Math.max(8, width - widthOf(note) - 2))
  return `${paint('green', done)}${paint('dim', left)}  ${note}`
}

function waitingFor(last: Progress | undefined): string {
  return last !== undefined && last.users > last.usersWanted
    ? 'until everybody has left'
    : 'waiting for the last deliveries'
}

/** What the users are doing, seen from how many are wanted. */
function phaseOf({ history, elapsedSeconds, plannedSeconds }: LiveView): string {
  const last = history.at(-1)
  if (last === undefined) return 'starting'
  if (elapsedSeconds >= plannedSeconds) return last.users > last.usersWanted ? 'users leaving' : 'draining'
  const before = history.at(-2)?.usersWanted ?? 0
  if (last.usersWanted > before) return 'users coming'
  return last.usersWanted < before ? 'users leaving' : 'running'
}

function usersLine({ users, usersWanted, counters }: Progress, width: number, paint: Paint): string {
  const failed = counters.sessions_failed
  const lost = counters.connections_lost
  const parts = [
    `${countText(users)} of ${countText(usersWanted)} connected`,
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(lost > 0 ? [`${numbered(lost, 'connection')} lost`] : []),
    ...(counters.reconnects > 0 ? [`${countText(counters.reconnects)} came back`] : []),
  ]
  const text = clip(parts.join(' · '), width - LABEL)
  return label('users', paint) + (failed + lost > 0 ? paint('yellow', text) : text)
}

function rateLine(
  name: string,
  counter: 'messages_sent' | 'deliveries_received',
  { history }: LiveView,
  note: string,
  width: number,
  paint: Paint,
): string {
  const rates = history.map((progress) => perSecond(progress, counter))
  const rate = padStart(`${countText(rates.at(-1) ?? 0)}/s`, RATE)
  const graphColumns = width - LABEL - RATE - 2 - NOTE
  const graph = graphColumns >= 8 ? padEnd(sparkline(rates, graphColumns), graphColumns) : ''
  const rest = width - LABEL - RATE - 2 - widthOf(graph) - 2
  return `${label(name, paint)}${rate}  ${paint('cyan', graph)}  ${clip(note, rest)}`.trimEnd()
}

/** Columns kept for the words behind a sparkline. */
const NOTE = 32

function deliveredNote({ counters, pending }: Progress): string {
  const settled = counters.deliveries_received + counters.deliveries_late + counters.deliveries_lost
  return `${partText(counters.deliveries_received, settled)} arrived · ${countText(pending)} pending`
}

function lossLine({ counters }: Progress, width: number, paint: Paint): string {
  const parts = [
    ['lost', counters.deliveries_lost],
    ['duplicated', counters.deliveries_duplicated],
    ['reordered', counters.deliveries_reordered],
    ['leaked', counters.deliveries_leaked],
    ['violations', counters.contract_violations],
  ] as const
  const isClean = parts.every(([, count]) => count === 0)
  const text = clip(parts.map(([name, count]) => `${name} ${countText(count)}`).join(' · '), width - LABEL)
  return label('', paint) + paint(isClean ? 'dim' : 'red', text)
}

function latencyLines({ interval, overall }: Progress, paint: Paint): string[] {
  return [
    label('latency', paint) +
      paint('dim', ['p50', 'p95', 'p99'].map((head) => padStart(head, RATE)).join('')),
    label('  now', paint) + cells(interval),
    label('  overall', paint) + cells(overall),
  ]
}

function cells(percentiles: ProgressPercentiles | undefined): string {
  return (['p50Us', 'p95Us', 'p99Us'] as const)
    .map((key) => padStart(percentiles === undefined ? '–' : glanceText(percentiles[key]), RATE))
    .join('')
}

function thresholdLines({ thresholds }: Progress, width: number, paint: Paint): string[] {
  const rows = failedFirst(thresholds).slice(0, MOST_THRESHOLDS)
  const names = rows.map(({ metric, expression }) => visibleLine(`${metric} ${expression}`))
  const nameWidth = Math.max(0, ...names.map(widthOf))
  return rows.map((row, i) => {
    const { icon, style } = STANDING_STYLE[row.status]
    const text = clip(`${padEnd(names[i] as string, nameWidth)}  ${observedText(row)}`, width - LABEL - 2)
    return `${label(i === 0 ? 'thresholds' : '', paint)}${paint(style, icon)} ${text}`
  })
}

/** In mid-run what was not measured yet is no reason to worry. */
const STANDING_STYLE: Record<ThresholdRow['status'], (typeof THRESHOLD_STYLE)['pass']> = {
  ...THRESHOLD_STYLE,
  unknown: { icon: '·', style: 'dim' },
}

function errorLines({ topErrors }: Progress, width: number, paint: Paint): string[] {
  return topErrors.slice(0, MOST_ERRORS).map(({ class: name, count, example }, i) => {
    const times = `${countText(count)} × `
    const words = visibleLine(example === '' ? name : `${name} (${example.slice(0, 300)})`)
    return (
      label(i === 0 ? 'errors' : '', paint) +
      paint('red', times) +
      clip(words, width - LABEL - widthOf(times))
    )
  })
}

function healthLine({ health }: Progress, width: number, paint: Paint): string {
  const isBusy = health.cpuShare > 0.8 || health.loopDelayP99Us > 10_000
  const text = `loop delay p99 ${glanceText(health.loopDelayP99Us)} · processor ${shareText(Math.round(health.cpuShare * 100) / 100)}${isBusy ? ' · too busy to judge the target' : ''}`
  return label('generator', paint) + paint(isBusy ? 'yellow' : 'dim', clip(text, width - LABEL))
}

function errorsOf({ counters }: Progress): number {
  return (
    counters.http_req_failed + counters.sessions_failed + counters.connections_lost + counters.stomp_errors
  )
}

function label(text: string, paint: Paint): string {
  return paint('dim', padEnd(text, LABEL))
}
