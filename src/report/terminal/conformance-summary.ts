import {
  type ConformanceCase,
  type ConformanceResult,
  type State,
  STATES,
} from '../../measure/conformance.ts'
import { clip, padEnd, padStart, widthOf, wrap } from '../columns.ts'
import {
  furtherReasons,
  gateWords,
  remedyOf,
  sectionsOf,
  selectionText,
  toldTroubles,
} from '../conformance-words.ts'
import { countText, numbered, partText, spanText } from '../format.ts'
import { type Paint, paintFor, plain, type Screen, type Style } from './paint.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'
import { cut, visibleLine } from '../visible.ts'

export interface ConformanceSummaryOptions {
  /** Width of the terminal; below 60 nothing gets narrower. */
  columns?: number
  paint?: Paint
  /** The files written, one a line at the end. */
  written?: readonly string[]
  /** Rows of the screen it is to fit; without it every case that broke is told in full. */
  rows?: number
}

/**
 * The summary of a gate as text for a stream. In a terminal: as wide and as colourful as that is, and one screen at most.
 * Elsewhere, as in the log of a CI: plain, and every case that broke in full.
 */
export function summarizeConformance(
  result: ConformanceResult,
  options: { stream: Screen; written: readonly string[] },
): string {
  const { stream, written } = options
  const columns = stream.isTTY === true ? stream.columns : undefined
  // A terminal that does not know its size says 0.
  return conformanceLines(result, {
    columns: columns === undefined || columns === 0 ? 80 : columns,
    paint: paintFor(stream),
    written,
    ...(stream.isTTY === true ? { rows: MOST_ROWS } : {}),
  }).join('\n')
}

/**
 * The summary of a gate as lines: verdict first, counts by section and state, what broke
 * with what came, its remedy and the line that repeats it, then what else needs a hand and where the reports lie. Lines to
 * be copied are never cut, all others are `columns` wide at most.
 */
export function conformanceLines(
  result: ConformanceResult,
  options: ConformanceSummaryOptions = {},
): string[] {
  const columns = Math.max(60, options.columns ?? 80)
  const paint = options.paint ?? plain
  const rows = (lines: readonly string[]): number =>
    lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  let lines: string[] = []
  for (const detail of DETAILS) {
    lines = joined([
      verdictLines(result, columns, paint),
      detail.sections ? sectionLines(result, columns, paint) : countLines(result, columns, paint),
      troubleLines(result, columns, paint, detail),
      noteLines(result, columns, paint),
      (options.written ?? []).map((path) => labelled(labelOf(path), path, paint)),
    ])
    if (rows(lines) <= (options.rows ?? Number.POSITIVE_INFINITY)) break
  }
  return lines
}

// --- internal ---

/** What a screen holds. */
const MOST_ROWS = 42
const MOST_REASONS = 5
/** Beyond this the eye no longer finds the exit code at the end of the line. */
const MOST_HEAD_COLUMNS = 120

/** How much is told of each case that broke, and of how many. */
interface Detail {
  sections: boolean
  cases: number
  remedy: boolean
  repeat: boolean
  actual: boolean
}

/** The first that fits a screen is taken; what the last one leaves out is in the report. */
const DETAILS: readonly Detail[] = [
  { sections: true, cases: Number.POSITIVE_INFINITY, remedy: true, repeat: true, actual: true },
  { sections: false, cases: Number.POSITIVE_INFINITY, remedy: true, repeat: true, actual: true },
  { sections: false, cases: Number.POSITIVE_INFINITY, remedy: false, repeat: true, actual: true },
  { sections: false, cases: Number.POSITIVE_INFINITY, remedy: false, repeat: false, actual: true },
  { sections: false, cases: Number.POSITIVE_INFINITY, remedy: false, repeat: false, actual: false },
  { sections: false, cases: 20, remedy: false, repeat: false, actual: false },
]

const VERDICT_STYLE: Record<ConformanceResult['verdict']['status'], { icon: string; style: Style }> = {
  conformant: { icon: '✔', style: ['bold', 'green'] },
  nonconformant: { icon: '✘', style: ['bold', 'red'] },
  inconclusive: { icon: '?', style: ['bold', 'yellow'] },
  unreachable: { icon: '?', style: ['bold', 'yellow'] },
}

const STATE_STYLE: Record<State, { icon: string; style: Style; short: string }> = {
  PASS: { icon: '✔', style: 'green', short: 'PASS' },
  'NON-STRICT': { icon: '~', style: 'yellow', short: 'NON-STR' },
  INFO: { icon: 'i', style: 'dim', short: 'INFO' },
  FAIL: { icon: '✘', style: 'red', short: 'FAIL' },
  INCONCLUSIVE: { icon: '?', style: 'yellow', short: 'INCONCL' },
  SKIP: { icon: '-', style: 'dim', short: 'SKIP' },
  XFAIL: { icon: '~', style: 'yellow', short: 'XFAIL' },
  XPASS: { icon: '✘', style: 'red', short: 'XPASS' },
}

function joined(blocks: readonly (readonly string[])[]): string[] {
  return blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]))
}

function verdictLines(result: ConformanceResult, columns: number, paint: Paint): string[] {
  const { word, sentence } = gateWords(result)
  const reasons = furtherReasons(result)
  const { icon, style } = VERDICT_STYLE[result.verdict.status]
  const { environment, run } = result
  const head = `${icon} ${word.toUpperCase()}`
  const exit = `exit ${result.verdict.exitCode}`
  const what = [
    selectionText(result),
    spanText(run.durationSeconds),
    `seed ${run.seed}`,
    visibleLine(cut(environment.profile, MOST_TEXT)),
    visibleLine(cut(environment.target.apiUrl ?? environment.target.stompUrl ?? 'no address', MOST_TEXT)),
  ].join(' · ')
  const room = Math.min(columns, MOST_HEAD_COLUMNS) - widthOf(head) - widthOf(exit) - 6
  const lines = [
    `${paint(style, head)}   ${padEnd(clip(what, room), room)}   ${paint('dim', exit)}`,
    ...wrap(sentence, columns - 2, 2).map((line) => `  ${line}`),
  ]
  for (const reason of reasons.slice(0, MOST_REASONS)) {
    const [first, ...rest] = wrap(visibleLine(cut(reason, MOST_TEXT)), columns - 4, 2)
    lines.push(`  • ${first}`, ...rest.map((line) => `    ${line}`))
  }
  const more = reasons.length - MOST_REASONS
  if (more > 0) lines.push(paint('dim', `  • and ${more} more in the report`))
  return lines
}

/** No terminal shows more of a text in its few lines. */
const MOST_TEXT = 1_000

/** A table of sections and the states that came up; with short heads where the long ones do not fit. */
function sectionLines(result: ConformanceResult, columns: number, paint: Paint): string[] {
  const states = statesOf(result)
  const sections = sectionsOf(result).map((each) => ({ ...each, name: visibleLine(each.name) }))
  if (sections.length === 0) return []
  const widest = Math.max(...sections.map(({ name }) => widthOf(name)))
  const isNarrow = widest + states.reduce((sum, state) => sum + state.length + 2, 0) > columns
  const heads = states.map((state) => (isNarrow ? STATE_STYLE[state].short : state))
  const taken = heads.reduce((sum, head) => sum + head.length + 2, 0)
  const width = Math.min(widest, columns - taken)
  const row = (name: string, cells: readonly string[]): string =>
    padEnd(clip(name, width), width) + cells.join('')
  const cell = (count: number, i: number): string => {
    const text = padStart(count === 0 ? '·' : countText(count), (heads[i] as string).length + 2)
    return paint(count === 0 ? 'dim' : STATE_STYLE[states[i] as State].style, text)
  }
  return [
    paint(
      'dim',
      row(
        'section',
        heads.map((head) => `  ${head}`),
      ),
    ),
    ...sections.map(({ name, counts }) =>
      row(
        name,
        states.map((state, i) => cell(counts.get(state) ?? 0, i)),
      ),
    ),
    row(
      'all',
      states.map((state, i) => cell(result.counts[state], i)),
    ),
  ]
}

/** The counts in one line, for a gate with much to tell. */
function countLines(result: ConformanceResult, columns: number, paint: Paint): string[] {
  const parts = statesOf(result).map((state) => `${state} ${countText(result.counts[state])}`)
  const words = wrap(parts.join(' · '), columns - LABEL_COLUMNS, 2)
  return parts.length === 0 ? [] : words.map((line, i) => labelled(i === 0 ? 'cases' : '', line, paint))
}

function statesOf({ counts }: ConformanceResult): State[] {
  return STATES.filter((state) => counts[state] > 0)
}

function troubleLines(result: ConformanceResult, columns: number, paint: Paint, detail: Detail): string[] {
  const groups = toldTroubles(result)
  const lines = groups
    .slice(0, detail.cases)
    .flatMap(([first, ...others]) =>
      others.length === 0
        ? caseLines(first, columns, paint, detail)
        : groupLines([first, ...others], columns, paint, detail),
    )
  const more = groups.length - detail.cases
  if (more > 0) lines.push(paint('dim', `and ${numbered(more, 'more case')} in the report`))
  const example = groups[0]?.[0].reproduce[0]
  if (!detail.repeat && example !== undefined)
    lines.push('', labelled('one again', visibleLine(cut(example, MOST_TEXT)), paint))
  return lines
}

/** Cases that are open for one and the same reason. */
function groupLines(
  group: readonly [ConformanceCase, ...ConformanceCase[]],
  columns: number,
  paint: Paint,
  detail: Detail,
): string[] {
  const [{ state, actual, reproduce }] = group
  const { icon, style } = STATE_STYLE[state]
  const head = `${icon} ${state} ${numbered(group.length, 'case')}`
  const ids = visibleLine(group.map(({ id }) => id.slice(0, MOST_TEXT)).join(', '))
  return [
    `${paint(style, head)}  ${clip(visibleLine(cut(actual, MOST_TEXT)), columns - widthOf(head) - 2)}`,
    ...(detail.actual ? wrap(ids, columns - INDENT.length, 3).map((line) => INDENT + line) : []),
    ...(detail.repeat && reproduce[0] !== undefined
      ? [paint('dim', INDENT + visibleLine(cut(reproduce[0], MOST_TEXT)))]
      : []),
  ]
}

const INDENT = '    '

function caseLines(each: ConformanceCase, columns: number, paint: Paint, detail: Detail): string[] {
  const { state, id, title, actual, level, severity, reproduce } = each
  const remedy = remedyOf(each)
  const { icon, style } = STATE_STYLE[state]
  const head = `${icon} ${state} ${visibleLine(cut(id, MOST_TEXT))}`
  const facts = [level, ...(severity === null ? [] : [severity])].join(', ')
  const name = visibleLine(cut(title, MOST_TEXT))
  const room = columns - widthOf(head) - 2
  const whole = `(${facts}) ${name}`
  // Where there is room for more lines, a title that does not fit behind the id gets lines of its own.
  const isApart = detail.remedy && widthOf(whole) > room
  const words = clip(isApart ? `(${facts})` : whole, room)
  const text = (before: string, value: string, most: number): string[] =>
    wrap(`${before}${visibleLine(cut(value, MOST_TEXT))}`, columns - INDENT.length, most).map(
      (line) => INDENT + line,
    )
  return [
    `${paint(style, clip(head, columns))}${words === '' ? '' : `  ${words}`}`,
    ...(isApart ? text('', name, 2) : []),
    ...(detail.actual ? text('', actual, 3) : []),
    ...(detail.remedy && remedy !== null ? text('remedy: ', remedy, 2) : []),
    ...(detail.repeat && reproduce[0] !== undefined
      ? [paint('dim', INDENT + visibleLine(cut(reproduce[0], MOST_TEXT)))]
      : []),
  ]
}

function noteLines(result: ConformanceResult, columns: number, paint: Paint): string[] {
  const { coverage, drift, environment } = result
  const news = drift.undocumentedTypes.length + drift.undocumentedFields.length
  const line = (label: string, text: string, style?: Style): string => {
    const words = clip(visibleLine(cut(text, MOST_TEXT)), columns - LABEL_COLUMNS)
    return labelled(label, style === undefined ? words : paint(style, words), paint)
  }
  return [
    line(
      'coverage',
      `${countText(coverage.exercised)} of ${numbered(coverage.statements, 'normative statement')} exercised (${partText(coverage.exercised, coverage.statements)})`,
    ),
    ...(news > 0
      ? [
          line(
            'drift',
            `${numbered(news, 'undocumented type or field', 'undocumented types and fields')}; not held against the target`,
          ),
        ]
      : []),
    ...(environment.target.faults.length > 0
      ? [line('planted', `on purpose: ${environment.target.faults.join(', ')}`, 'yellow')]
      : []),
  ]
}

function labelOf(path: string): string {
  if (path.endsWith('result.json')) return 'result'
  if (path.endsWith('.ndjson')) return 'history'
  return /\.\w+$/.test(path) ? 'report' : 'evidence'
}
