import type { ComparedMetric, ComparisonResult, ComparisonVerdict } from '../../measure/comparison.ts'
import { clip, padEnd, padStart, widthOf, wrap } from '../columns.ts'
import {
  asItIs,
  COMPARISON_WORD,
  furtherReasons,
  gatedFirst,
  intervalText,
  methodWords,
  sentenceOf,
} from '../comparison-words.ts'
import { countText, numbered, spanText } from '../format.ts'
import { changeText, fromToText, roughShare } from '../metric-value.ts'
import { bounded, unbroken, visibleLine } from '../visible.ts'
import { type Paint, paintFor, plain, type Screen, type Style } from './paint.ts'
import { headLine, joined } from './summary-head.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'

export interface ComparisonSummaryOptions {
  /** Width of the terminal; below 60 nothing gets narrower. */
  columns?: number
  paint?: Paint
  /** The files written, one a line at the end. */
  written?: readonly string[]
}

/** The summary as text for a stream: as wide and as colourful as that is, plain where it is not a terminal. */
export function summarizeComparison(
  result: ComparisonResult,
  options: { stream: Screen; written: readonly string[] },
): string {
  const { stream, written } = options
  const columns = stream.isTTY === true ? stream.columns : undefined
  // A terminal that does not know its size says 0.
  return comparisonLines(result, {
    columns: columns === undefined || columns === 0 ? 80 : columns,
    paint: paintFor(stream),
    written,
  }).join('\n')
}

/** The summary of a comparison as lines, one screen of them: verdict, a line a metric, faults, what limits what it may say. */
export function comparisonLines(result: ComparisonResult, options: ComparisonSummaryOptions = {}): string[] {
  const columns = Math.max(60, options.columns ?? 80)
  const paint = options.paint ?? plain
  return joined([
    verdictLines(result, columns, paint),
    metricLines(result, columns, paint),
    noteLines(result, columns, paint),
    (options.written ?? []).map((path) =>
      labelled(path.endsWith('.json') ? 'result' : 'report', path, paint),
    ),
  ])
}

// --- internal ---

const MOST_REASONS = 5
const MOST_METRICS = 12
const MOST_FAULTS = 4
/** No terminal shows more of a text in its few lines. */
const MOST_TEXT = 1_000

const STYLE: Record<ComparisonVerdict, { icon: string; style: Style }> = {
  worse: { icon: '✘', style: 'red' },
  better: { icon: '✔', style: 'green' },
  same: { icon: '✔', style: 'green' },
  unknown: { icon: '?', style: 'yellow' },
}
const BOLD: Record<ComparisonVerdict, Style> = {
  worse: ['bold', 'red'],
  better: ['bold', 'green'],
  same: ['bold', 'green'],
  unknown: ['bold', 'yellow'],
}

function verdictLines(result: ComparisonResult, columns: number, paint: Paint): string[] {
  const { verdict, run, plan, sides } = result
  const { status } = verdict
  const what = [
    short(plan.scenario),
    `${short(sides.a.name)} → ${short(sides.b.name)}`,
    methodWords(result),
    spanText(run.durationSeconds) + (run.isPartial ? ', a part' : ''),
  ].join(' · ')
  const head = `${STYLE[status].icon} ${COMPARISON_WORD[status].toUpperCase()}`
  const reasons = furtherReasons(result)
  const lines = [
    headLine(head, BOLD[status], what, verdict.exitCode, columns, paint),
    ...wrap(short(sentenceOf(result)), columns - 2, 3).map((line) => `  ${line}`),
  ]
  for (const reason of reasons.slice(0, MOST_REASONS)) {
    const [first, ...rest] = wrap(short(reason), columns - 4, 3)
    lines.push(`  • ${first}`, ...rest.map((line) => `    ${line}`))
  }
  const more = reasons.length - MOST_REASONS
  if (more > 0) lines.push(paint('dim', `  • and ${more} more in the report`))
  return lines
}

/** Each metric in a line; those that only inform stand under those that gate, dimmed. */
function metricLines({ metrics }: ComparisonResult, columns: number, paint: Paint): string[] {
  const shown = gatedFirst(metrics).slice(0, MOST_METRICS)
  const rows = shown.map((metric) => ({ metric, cells: cellsOf(metric) }))
  const widths = [1, 2, 3].map((i) => Math.max(0, ...rows.map(({ cells }) => widthOf(cells[i] as string))))
  const taken = VERDICT_COLUMNS + widths.reduce((sum, width) => sum + width + 2, 0)
  const name = Math.max(
    12,
    Math.min(columns - taken, Math.max(0, ...rows.map(({ cells }) => widthOf(cells[0])))),
  )
  const lines = rows.map(({ metric, cells }) => {
    const { icon, style } = STYLE[metric.verdict]
    const verdict = padEnd(`${icon} ${metric.verdict}`, VERDICT_COLUMNS)
    const rest = [
      padEnd(clip(cells[0], name), name),
      ...[1, 2, 3].map((i) => padStart(cells[i] as string, widths[i - 1] as number)),
    ].join('  ')
    const line = clip(rest, columns - VERDICT_COLUMNS).trimEnd()
    return metric.isGated ? paint(style, verdict) + line : paint('dim', verdict + line)
  })
  const informing = shown.filter(({ isGated }) => !isGated).length
  if (informing > 0 && informing < shown.length)
    lines.splice(shown.length - informing, 0, paint('dim', 'for information, they fail nothing:'))
  const more = metrics.length - shown.length
  return more > 0 ? [...lines, paint('dim', `and ${numbered(more, 'metric')} more in the report`)] : lines
}

const VERDICT_COLUMNS = 10

function cellsOf(metric: ComparedMetric): [name: string, fromTo: string, change: string, interval: string] {
  const { name, a, b, unit, change } = metric
  return [
    short(name),
    fromToText(a, b, unit),
    change === null ? '–' : changeText(asItIs(metric, change.estimate)),
    change === null ? '' : `(${intervalText(metric)})`,
  ]
}

/** Faults of one side, what the runs could have seen, what limits what the comparison may say. */
function noteLines(result: ComparisonResult, columns: number, paint: Paint): string[] {
  const { absolute, advisory, sides, metrics, noise } = result
  const room = columns - LABEL_COLUMNS
  const line = (label: string, text: string, style?: Style): string => {
    const words = clip(short(text), room)
    return labelled(label, style === undefined ? words : paint(style, words), paint)
  }
  const odd = absolute.filter((check) => check.status !== 'ok')
  const seen = metrics
    .filter(({ isGated, detectable }) => isGated && detectable !== null)
    .map(({ name, detectable }) => `${name} ${roughShare(detectable ?? 0)}`)
  const discarded = sides.a.discarded + sides.b.discarded
  return [
    ...odd
      .slice(0, MOST_FAULTS)
      .map(({ name, a, b, status }, i) =>
        line(
          i === 0 ? 'faults' : '',
          `${name}: ${countText(a)} in A, ${countText(b)} in B: ${status}`,
          status === 'worse' ? 'red' : 'green',
        ),
      ),
    ...(odd.length > MOST_FAULTS
      ? [line('', `and ${odd.length - MOST_FAULTS} more in the report`, 'dim')]
      : []),
    ...(absolute.length > 0 && odd.length === 0 ? [line('faults', 'none that makes B worse')] : []),
    ...wrap(short(seen.join(', ')), room, 3)
      .filter((text) => text !== '')
      .map((text, i) => labelled(i === 0 ? 'could see' : '', text, paint)),
    ...(noise === null && result.method !== 'stored' && result.pairs.length > 0
      ? [line('noise', 'not measured on this machine: stompede compare --self-check', 'dim')]
      : []),
    ...(discarded > 0
      ? [line('discarded', `${numbered(discarded, 'run')}: the generator was not fit to measure`, 'yellow')]
      : []),
    ...advisory
      .slice(0, MOST_REASONS)
      .map((each, i) => line(i === 0 ? 'advice' : '', `only: ${each}`, 'yellow')),
  ]
}

/** In one line, in which no figure is parted from its per cent. */
function short(text: string): string {
  return unbroken(visibleLine(bounded(text, MOST_TEXT)))
}
