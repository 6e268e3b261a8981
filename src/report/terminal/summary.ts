import type { RunResult } from '../../measure/result.ts'
import { clip, padEnd, widthOf, wrap } from '../columns.ts'
import { countText, measuredText, partText, spanText } from '../format.ts'
import { type Paint, paintFor, plain, type Screen, type Style } from './paint.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'
import { latencyLines } from './summary-latency.ts'
import { thresholdLines } from './summary-thresholds.ts'
import { troubleLines } from './summary-troubles.ts'
import { validityWords, verdictWords } from '../verdict-words.ts'
import { visibleLine } from '../visible.ts'

export interface SummaryOptions {
  /** Width of the terminal; below 60 nothing gets narrower. */
  columns?: number
  paint?: Paint
  /** The files written, one a line at the end. */
  written?: readonly string[]
}

/** The summary as text for a stream: as wide and as colourful as that is, plain where it is not a terminal. */
export function summarize(
  result: RunResult,
  options: { stream: Screen; written: readonly string[] },
): string {
  const { stream, written } = options
  const columns = stream.isTTY === true ? stream.columns : undefined
  // A terminal that does not know its size says 0.
  return summaryLines(result, {
    columns: columns === undefined || columns === 0 ? 80 : columns,
    paint: paintFor(stream),
    written,
  }).join('\n')
}

/** What a screen holds. */
const MOST_LINES = 40

/**
 * The summary of a run as lines of a terminal, about 40 at most: verdict first, then whether the run may be believed,
 * what became of every delivery, latencies, thresholds, what went wrong, and where the reports lie.
 */
export function summaryLines(result: RunResult, options: SummaryOptions = {}): string[] {
  const whole = linesOf(result, options, FULL)
  return whole.length <= MOST_LINES ? whole : linesOf(result, options, SHORT)
}

// --- internal ---

/** How much is told of what there may be a lot of. */
interface Detail {
  reasons: number
  checks: number
  proposals: number
  thresholds: number
  troubles: number
  eachCall: boolean
}

const FULL: Detail = { reasons: 5, checks: 6, proposals: 3, thresholds: 6, troubles: 3, eachCall: true }
/** For a run with much to tell: everything that is left out is in the report. */
const SHORT: Detail = { reasons: 4, checks: 3, proposals: 1, thresholds: 3, troubles: 2, eachCall: false }

/** Beyond this the eye no longer finds the exit code at the end of the line. */
const MOST_HEAD_COLUMNS = 100

const VERDICT_STYLE: Record<RunResult['verdict']['status'], { icon: string; style: Style }> = {
  pass: { icon: '✔', style: ['bold', 'green'] },
  fail: { icon: '✘', style: ['bold', 'red'] },
  inconclusive: { icon: '?', style: ['bold', 'yellow'] },
}

function linesOf(result: RunResult, options: SummaryOptions, detail: Detail): string[] {
  const columns = Math.max(60, options.columns ?? 80)
  const paint = options.paint ?? plain
  const blocks = [
    verdictLines(result, columns, paint, detail.reasons),
    [...validityLines(result, columns, paint, detail), ...ledgerLines(result, columns, paint)],
    latencyLines(result, columns, paint, detail.eachCall),
    [
      ...thresholdLines(result.thresholds, columns, paint, detail.thresholds),
      ...troubleLines(result, columns, paint, detail.troubles),
    ],
    (options.written ?? []).map((path) =>
      labelled(path.endsWith('.json') ? 'result' : 'report', path, paint),
    ),
  ]
  return blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]))
}

function verdictLines(result: RunResult, columns: number, paint: Paint, most: number): string[] {
  const { word, sentence, reasons } = verdictWords(result)
  const { icon, style } = VERDICT_STYLE[result.verdict.status]
  const { plan, run } = result
  const head = `${icon} ${word.toUpperCase()}`
  const exit = `exit ${result.verdict.exitCode}`
  const what = [
    visibleLine(plan.scenario),
    `${countText(plan.users)} users`,
    spanText(run.durationSeconds) + (run.isPartial ? ` of ${spanText(plan.durationSeconds)}` : ''),
    `seed ${plan.seed}`,
  ].join(' · ')
  const room = Math.min(columns, MOST_HEAD_COLUMNS) - widthOf(head) - widthOf(exit) - 6
  const lines = [
    `${paint(style, head)}   ${padEnd(clip(what, room), room)}   ${paint('dim', exit)}`,
    ...wrap(sentence, columns - 2, 2).map((line) => `  ${line}`),
  ]
  for (const reason of reasons.slice(0, most)) {
    const [first, ...rest] = wrap(visibleLine(reason), columns - 4, 2)
    lines.push(`  • ${first}`, ...rest.map((line) => `    ${line}`))
  }
  const more = reasons.length - most
  if (more > 0) lines.push(paint('dim', `  • and ${more} more in the report`))
  return lines
}

/** The checks that do not hold, worst first, and settings that would have made them hold. */
function validityLines({ validity }: RunResult, columns: number, paint: Paint, most: Detail): string[] {
  const style = validity.status === 'valid' ? 'green' : validity.status === 'suspect' ? 'yellow' : 'red'
  const lines = [labelled('run', paint(style, validityWords(validity)), paint)]
  const proposed = new Set<string>()
  const broken = ['invalid', 'suspect'].flatMap((state) =>
    validity.checks.filter(({ status: found }) => found === state),
  )
  for (const { says, value, limit, unit, status, proposal } of broken.slice(0, most.checks)) {
    const line = `${status}: ${measuredText(value, unit)}, limit ${measuredText(limit, unit)}; wanted: ${visibleLine(says)}`
    lines.push(labelled('', clip(line, columns - LABEL_COLUMNS), paint))
    if (proposal === undefined || proposed.has(proposal) || proposed.size >= most.proposals) continue
    proposed.add(proposal)
    const [first, ...rest] = wrap(visibleLine(proposal), columns - LABEL_COLUMNS - 2, 5)
    lines.push(labelled('', `→ ${first}`, paint), ...rest.map((text) => labelled('', `  ${text}`, paint)))
  }
  const more = broken.length - most.checks
  if (more > 0) lines.push(labelled('', paint('dim', `and ${more} more in the report`), paint))
  return lines
}

/** What was sent, what was owed, and what became of it; zeros of the ways to fail are shown too, since they are the news. */
function ledgerLines({ ledger }: RunResult, columns: number, paint: Paint): string[] {
  const { messages, typing, isDrained } = ledger
  const { lost } = messages
  const bad = (name: string, count: number): string => {
    const text = `${name} ${countText(count)}`
    return count > 0 ? paint('red', text) : text
  }
  const where = `head ${countText(lost.head)}, middle ${countText(lost.middle)}, tail ${countText(lost.tail)}`
  const delivered = `delivered ${countText(messages.received)} (${partText(messages.received, messages.expected)})`
  const parts = [
    `sent ${countText(messages.sent)}`,
    ...(messages.rejected > 0 ? [`rejected ${countText(messages.rejected)}`] : []),
    ...(messages.unknown > 0 ? [`answer unknown ${countText(messages.unknown)}`] : []),
    `owed ${countText(messages.expected)}`,
    messages.received < messages.expected ? paint('red', delivered) : delivered,
    bad('lost', lost.total) + (lost.total > 0 ? ` (${where})` : ''),
    ...(messages.late > 0 ? [bad('late', messages.late)] : []),
    ...(messages.pending > 0 ? [`on their way ${countText(messages.pending)}`] : []),
    bad('duplicated', messages.duplicated),
    bad('reordered', messages.reordered),
    bad('leaked', messages.leaked),
    ...(messages.corrupted > 0 ? [bad('corrupted', messages.corrupted)] : []),
    `gap-lost ${countText(messages.gapLost)}`,
  ]
  const lines = flowed('messages', parts, columns, paint)
  if (typing.sent > 0) {
    const typed = [
      `sent ${countText(typing.sent)}`,
      `delivered ${countText(typing.received)} of ${countText(typing.expected)}`,
      bad('lost', typing.lost),
      bad('duplicated', typing.duplicated),
      bad('leaked', typing.leaked),
    ]
    lines.push(...flowed('typing', typed, columns, paint))
  }
  if (!isDrained)
    lines.push(labelled('', paint('yellow', 'deliveries were still on their way at the end'), paint))
  return lines
}

/** Parts joined by dots under a label, wrapped between parts. */
function flowed(label: string, parts: readonly string[], columns: number, paint: Paint): string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    const joined = line === '' ? part : `${line} · ${part}`
    if (widthOf(joined) > columns - LABEL_COLUMNS && line !== '') {
      lines.push(line)
      line = part
    } else line = joined
  }
  lines.push(line)
  return lines.map((text, i) => labelled(i === 0 ? label : '', text, paint))
}
