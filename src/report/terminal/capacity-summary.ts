import type { CapacityResult } from '../../measure/capacity.ts'
import { capacityFacts } from '../capacity-facts.ts'
import { levelsOf } from '../capacity-levels.ts'
import { bareLoad, capacityWord, furtherOpen, rateText } from '../capacity-words.ts'
import { clip, padStart, widthOf, wrap } from '../columns.ts'
import { numbered, spanText } from '../format.ts'
import { timedText } from '../timed.ts'
import { bounded, unbroken, visibleLine } from '../visible.ts'
import { type Paint, paintFor, plain, type Screen, type Style } from './paint.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'
import { headLine, joined } from './summary-head.ts'

export interface CapacitySummaryOptions {
  /** Width of the terminal; below 60 nothing gets narrower. */
  columns?: number
  paint?: Paint
  /** The files written, one a line at the end. */
  written?: readonly string[]
}

/** The summary as text for a stream: as wide and as colourful as that is, plain where it is not a terminal. */
export function summarizeCapacity(
  result: CapacityResult,
  options: { stream: Screen; written: readonly string[] },
): string {
  const { stream, written } = options
  const columns = stream.isTTY === true ? stream.columns : undefined
  // A terminal that does not know its size says 0.
  return capacityLines(result, {
    columns: columns === undefined || columns === 0 ? 80 : columns,
    paint: paintFor(stream),
    written,
  }).join('\n')
}

/** The summary of a search as lines, one screen of them: verdict, what was found, latency by load, what is open. */
export function capacityLines(result: CapacityResult, options: CapacitySummaryOptions = {}): string[] {
  const columns = Math.max(60, options.columns ?? 80)
  const paint = options.paint ?? plain
  return joined([
    verdictLines(result, columns, paint),
    factLines(result, columns, paint),
    levelLines(result, columns, paint),
    openLines(result, columns, paint),
    (options.written ?? []).map((path) =>
      labelled(path.endsWith('.json') ? 'result' : 'report', path, paint),
    ),
  ])
}

// --- internal ---

const MOST_REASONS = 4
/** Loads of the table: those around where it ended. */
const MOST_LEVELS = 7
const MOST_OPEN = 3
/** No terminal shows more of a text in its few lines. */
const MOST_TEXT = 1_000

const VERDICT_STYLE: Record<CapacityResult['verdict']['status'], { icon: string; style: Style }> = {
  pass: { icon: '✔', style: ['bold', 'green'] },
  fail: { icon: '✘', style: ['bold', 'red'] },
  inconclusive: { icon: '?', style: ['bold', 'yellow'] },
}

function verdictLines(result: CapacityResult, columns: number, paint: Paint): string[] {
  const { verdict, run, plan, steps } = result
  const { icon, style } = VERDICT_STYLE[verdict.status]
  const what = [
    short(plan.scenario),
    numbered(steps.length, 'step'),
    spanText(run.durationSeconds) + (run.isPartial ? ', a part' : ''),
    `seed ${plan.seed}`,
  ].join(' · ')
  const lines = [
    headLine(`${icon} ${capacityWord(result).toUpperCase()}`, style, what, verdict.exitCode, columns, paint),
    ...wrap(short(result.headline), columns - 2, 3).map((line) => `  ${line}`),
  ]
  for (const reason of verdict.reasons.slice(0, MOST_REASONS)) {
    const [first, ...rest] = wrap(short(reason), columns - 4, 2)
    lines.push(`  • ${first}`, ...rest.map((line) => `    ${line}`))
  }
  const more = verdict.reasons.length - MOST_REASONS
  if (more > 0) lines.push(paint('dim', `  • and ${more} more in the report`))
  return lines
}

function factLines(result: CapacityResult, columns: number, paint: Paint): string[] {
  return capacityFacts(result).flatMap(({ name, says }) =>
    wrap(short(says), columns - LABEL_COLUMNS, 2).map((line, i) =>
      labelled(i === 0 ? name : '', line, paint),
    ),
  )
}

/** Latency and throughput by load; both ends of the bracket are named. */
function levelLines(result: CapacityResult, columns: number, paint: Paint): string[] {
  const levels = levelsOf(result, MOST_LEVELS)
  if (levels.length === 0) return []
  const heads = [result.plan.unit, 'held', 'p50, ms', 'p99, ms', 'deliveries/s', '']
  const rows = levels.map(({ load, steps, held, p50, p99, deliveriesPerSecond, end }) => ({
    isHeld: held === steps,
    cells: [
      bareLoad(load),
      `${held} of ${steps}`,
      p50 === undefined ? '–' : timedText(p50),
      p99 === undefined ? '–' : timedText(p99),
      rateText(deliveriesPerSecond),
      end === undefined ? '' : `← ${end}`,
    ],
  }))
  const widths = heads.map((head, i) =>
    Math.max(widthOf(head), ...rows.map(({ cells }) => widthOf(cells[i] as string))),
  )
  const line = (cells: readonly string[]): string =>
    clip(
      cells
        .map((cell, i) => (i === 5 ? cell : padStart(cell, widths[i] as number)))
        .join('   ')
        .trimEnd(),
      columns - 4,
    )
  return [
    paint('dim', `    ${line(heads)}`),
    ...rows.map(
      ({ isHeld, cells }) => `  ${isHeld ? paint('green', '✔') : paint('red', '✘')} ${line(cells)}`,
    ),
  ]
}

/** What is left open, and steps that say nothing about the target. */
function openLines(result: CapacityResult, columns: number, paint: Paint): string[] {
  const { steps, environment } = result
  const undecided = furtherOpen(result)
  const unfit = steps.filter(({ outcome }) => outcome === 'generator').length
  const faulty = steps.filter(({ outcome }) => outcome === 'fault').length
  const more = undecided.length - MOST_OPEN
  const line = (label: string, text: string, style: Style): string =>
    labelled(label, paint(style, clip(short(text), columns - LABEL_COLUMNS)), paint)
  return [
    ...undecided
      .slice(0, MOST_OPEN)
      .flatMap((each) => wrap(short(each), columns - LABEL_COLUMNS, 2))
      .map((text, i) => labelled(i === 0 ? 'open' : '', paint('yellow', text), paint)),
    ...(more > 0 ? [line('', `and ${more} more in the report`, 'dim')] : []),
    ...(unfit > 0
      ? [line('unfit', `${numbered(unfit, 'step')} in which the generator was not fit to measure`, 'yellow')]
      : []),
    ...(faulty > 0 ? [line('faults', `${numbered(faulty, 'step')} that could not be run`, 'yellow')] : []),
    ...(environment.target.faults.length > 0
      ? [line('planted', `on purpose: ${environment.target.faults.join(', ')}`, 'yellow')]
      : []),
  ]
}

/** In one line, in which no figure is parted from its per cent. */
function short(text: string): string {
  return unbroken(visibleLine(bounded(text, MOST_TEXT)))
}
