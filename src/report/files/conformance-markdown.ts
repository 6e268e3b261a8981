import { type ConformanceCase, type ConformanceResult, STATES } from '../../measure/conformance.ts'
import { transcriptFile } from '../evidence-paths.ts'
import { transcriptText, type Room } from '../conformance-transcript.ts'
import {
  basisText,
  excuseText,
  furtherReasons,
  gateWords,
  remedyOf,
  sectionsOf,
  selectionText,
  toldTroubles,
} from '../conformance-words.ts'
import { countText, numbered, spanText } from '../format.ts'
import { cut, visibleLine } from '../visible.ts'
import { code, fenced, MOST_BYTES, plainHtml, plainMarkdown, tableRow } from './markdown.ts'

/**
 * The gate as Markdown for a pull request's comment and GitHub's step summary: verdict, table of sections and states,
 * what broke; behind `<details>` the evidence of as many cases as MOST_BYTES has room for.
 */
export function markdownText(result: ConformanceResult): string {
  const groups = toldTroubles(result)
  const found = groups.map(([first]) => first)
  const parts = [
    ...head(result),
    ...sectionTable(result),
    ...troubleTable(groups),
    ...driftNote(result),
    ...repeat(result),
  ]
  let text = parts.join('\n')
  let shown = 0
  for (const each of found) {
    const block = `\n\n${details(each)}`
    if (Buffer.byteLength(text) + Buffer.byteLength(block) > MOST_BYTES - ROOM_FOR_NOTE) break
    text += block
    shown++
  }
  const rest = found.length - shown
  return rest > 0
    ? `${text}\n\nThe evidence of ${numbered(rest, 'more case')} is in \`report.html\`.\n`
    : `${text}\n`
}

// --- internal ---

const ROOM_FOR_NOTE = 120
/** Rows before `<details>`: with all else at most 60 lines. */
const MOST_ROWS = 15
const MOST_REASONS = 5
const MOST_SECTIONS = 15
const MOST_CELL = 240
const MOST_LINE = 1_500
const ROOM: Room = { lines: 24, characters: 600 }

const SIGN: Record<ConformanceResult['verdict']['status'], string> = {
  conformant: '✅',
  nonconformant: '❌',
  inconclusive: '⚠️',
  unreachable: '⚠️',
}

function head(result: ConformanceResult): string[] {
  const { word, sentence } = gateWords(result)
  const reasons = furtherReasons(result)
  const { environment, run, verdict } = result
  const facts = [
    code(environment.target.apiUrl ?? environment.target.stompUrl ?? 'no address'),
    `profile ${code(environment.profile)}`,
    selectionText(result),
    spanText(run.durationSeconds),
    `seed ${run.seed}`,
    `exit code ${verdict.exitCode}`,
  ]
  const more = reasons.length - MOST_REASONS
  return [
    `## ${SIGN[verdict.status]} ${word}: chat conformance`,
    '',
    plainMarkdown(sentence, MOST_LINE),
    '',
    ...(reasons.length === 0
      ? []
      : [
          ...reasons.slice(0, MOST_REASONS).map((reason) => `- ${plainMarkdown(reason, 500)}`),
          ...(more > 0 ? [`- and ${countText(more)} more`] : []),
          '',
        ]),
    facts.join(' · '),
    '',
  ]
}

function sectionTable(result: ConformanceResult): string[] {
  const sections = sectionsOf(result)
  if (sections.length === 0) return []
  const states = STATES.filter((state) => result.counts[state] > 0)
  const more = sections.length - MOST_SECTIONS
  return [
    tableRow(['section', ...states]),
    tableRow(['---', ...states.map(() => '--:')]),
    ...sections
      .slice(0, MOST_SECTIONS)
      .map(({ name, counts }) =>
        tableRow([plainMarkdown(name, 80), ...states.map((state) => String(counts.get(state) ?? ''))]),
      ),
    ...(more > 0 ? [tableRow([`and ${countText(more)} more`, ...states.map(() => '')])] : []),
    tableRow(['**all**', ...states.map((state) => `**${result.counts[state]}**`)]),
    '',
  ]
}

function troubleTable(groups: readonly (readonly [ConformanceCase, ...ConformanceCase[]])[]): string[] {
  if (groups.length === 0) return []
  const more = groups.length - MOST_ROWS
  return [
    '| | rule | what holds when it passes | what came |',
    '| --- | --- | --- | --- |',
    ...groups
      .slice(0, MOST_ROWS)
      .map(([{ state, id, title, actual, severity }, ...others]) =>
        [
          `| **${state}**${severity === null ? '' : ` ${severity}`}`,
          code(id) + (others.length > 0 ? ` and ${numbered(others.length, 'more', 'more')}` : ''),
          others.length > 0 ? '' : plainMarkdown(title, MOST_CELL),
          `${plainMarkdown(actual, MOST_CELL)} |`,
        ].join(' | '),
      ),
    ...(more > 0 ? [`| | | and ${numbered(more, 'more case')} | |`] : []),
    '',
  ]
}

function driftNote({ drift }: ConformanceResult): string[] {
  const count = drift.undocumentedTypes.length + drift.undocumentedFields.length
  const what = numbered(count, 'undocumented type or field', 'undocumented types and fields')
  return count === 0 ? [] : [`Drift: ${what}, not held against the target.`, '']
}

function repeat({ run }: ConformanceResult): string[] {
  return fenced(cut(visibleLine(run.command), MOST_LINE), 'sh')
}

function details(each: ConformanceCase): string {
  const { state, id, title, level, basis, sends, expected, actual, fragment, excuse, reproduce } = each
  const remedy = remedyOf(each)
  const bullet = (name: string, text: string): string => `- ${name}: ${plainMarkdown(text, MOST_LINE)}`
  const transcript = transcriptText(each, ROOM, transcriptFile(each)).join('\n')
  return [
    `<details><summary>${state} <code>${plainHtml(id, 120)}</code> ${plainHtml(title, MOST_CELL)}</summary>`,
    '',
    `> ${plainMarkdown(basis.quote, MOST_LINE)}`,
    '>',
    `> ${level}, ${plainMarkdown(basisText(basis), MOST_CELL)}`,
    '',
    bullet('sent', sends),
    ...expected.slice(0, 8).map((outcome) => bullet('expected', outcome)),
    bullet('actual', actual),
    ...(fragment === null ? [] : [bullet('found', `${fragment.path}: ${fragment.found}`)]),
    ...(excuse === null ? [] : [bullet('excused', excuseText(excuse))]),
    ...(remedy === null ? [] : [bullet('remedy', remedy)]),
    '',
    ...fenced(
      reproduce
        .slice(0, 4)
        .map((line) => cut(visibleLine(line), MOST_LINE))
        .join('\n'),
      'sh',
    ),
    ...(transcript === '' ? [] : ['', ...fenced(transcript, 'text')]),
    '',
    '</details>',
  ].join('\n')
}
