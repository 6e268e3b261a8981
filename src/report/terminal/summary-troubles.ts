import type { ErrorCount, Finding } from '../../measure/findings.ts'
import type { RunResult } from '../../measure/result.ts'
import { clip, widthOf } from '../columns.ts'
import { countText, numbered } from '../format.ts'
import type { Paint } from './paint.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'
import { plantedWords } from '../verdict-words.ts'
import { cut, visibleLine } from '../visible.ts'

/** Broken rules and failed calls, the most frequent `most` kinds of each with one example, then drift and planted faults. */
export function troubleLines(result: RunResult, columns: number, paint: Paint, most: number): string[] {
  const lines = [
    ...violationLines(result.violations, columns, paint, most),
    ...errorLines(result.errors, columns, paint, most),
  ]
  const drift = result.drift.reduce((sum, { count }) => sum + count, 0)
  if (drift > 0) {
    const words = `${countText(drift)} × undocumented content of ${numbered(result.drift.length, 'kind')}; not held against the target`
    lines.push(labelled('drift', clip(words, columns - LABEL_COLUMNS), paint))
  }
  const planted = plantedWords(result)
  if (planted !== undefined) {
    const words = clip(visibleLine(`on purpose: ${planted}`), columns - LABEL_COLUMNS)
    lines.push(labelled('planted', paint('yellow', words), paint))
  }
  return lines
}

// --- internal ---

/** No terminal shows more of an example in its one line. */
const EXAMPLE_MOST = 500

function violationLines(
  violations: readonly Finding[],
  columns: number,
  paint: Paint,
  most: number,
): string[] {
  const lines: string[] = []
  for (const { rule, detail, count, examples } of violations.slice(0, most)) {
    const says = detail.startsWith(rule) ? detail : `${rule}: ${detail}`
    lines.push(trouble(lines.length === 0 ? 'violations' : '', count, says, columns, paint))
    const example = examples[0]
    if (example !== undefined)
      lines.push(exampleLine(`${example.where}  ${cut(example.payload, EXAMPLE_MOST)}`, columns, paint))
  }
  return withMore(lines, violations.length - most, paint)
}

function errorLines(errors: readonly ErrorCount[], columns: number, paint: Paint, most: number): string[] {
  const lines: string[] = []
  for (const error of errors.slice(0, most)) {
    lines.push(trouble(lines.length === 0 ? 'errors' : '', error.count, error.class, columns, paint))
    if (error.example !== '') lines.push(exampleLine(cut(error.example, EXAMPLE_MOST), columns, paint))
  }
  return withMore(lines, errors.length - most, paint)
}

function trouble(label: string, count: number, text: string, columns: number, paint: Paint): string {
  const times = `${countText(count)} × `
  return labelled(
    label,
    paint('red', times) + clip(visibleLine(text), columns - LABEL_COLUMNS - widthOf(times)),
    paint,
  )
}

function exampleLine(text: string, columns: number, paint: Paint): string {
  return labelled('', paint('dim', clip(`e.g. ${visibleLine(text)}`, columns - LABEL_COLUMNS)), paint)
}

function withMore(lines: string[], more: number, paint: Paint): string[] {
  return more > 0
    ? [...lines, labelled('', paint('dim', `and ${numbered(more, 'more kind')} in the report`), paint)]
    : lines
}
