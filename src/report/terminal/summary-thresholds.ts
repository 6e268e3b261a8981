import type { ThresholdRow } from '../../measure/result.ts'
import { clip, padEnd, padStart, widthOf } from '../columns.ts'
import { marginText, observedText } from '../margin.ts'
import type { Paint, Style } from './paint.ts'
import { labelled, LABEL_COLUMNS } from './summary-label.ts'
import { visibleLine } from '../visible.ts'

/** How each state of a threshold looks in a terminal. */
export const THRESHOLD_STYLE: Record<ThresholdRow['status'], { icon: string; style: Style }> = {
  pass: { icon: '✔', style: 'green' },
  fail: { icon: '✘', style: 'red' },
  unknown: { icon: '?', style: 'yellow' },
}

/** Failed thresholds first; in each state the order stays. */
export function failedFirst(thresholds: readonly ThresholdRow[]): ThresholdRow[] {
  return thresholds.toSorted((a, b) => RANK[a.status] - RANK[b.status])
}

/** The first `most` thresholds with what was observed and how far that is from the limit. */
export function thresholdLines(
  thresholds: readonly ThresholdRow[],
  columns: number,
  paint: Paint,
  most: number,
): string[] {
  if (thresholds.length === 0) return []
  const rows = failedFirst(thresholds)
    .slice(0, most)
    .map((row) => ({
      ...THRESHOLD_STYLE[row.status],
      name: visibleLine(`${row.metric} ${row.expression}`),
      observed: observedText(row),
      margin: marginText(row),
    }))
  const observedWidth = Math.max(...rows.map(({ observed }) => widthOf(observed)))
  const marginWidth = Math.max(...rows.map(({ margin }) => widthOf(margin)))
  const nameWidth = Math.min(
    Math.max(...rows.map(({ name }) => widthOf(name))),
    columns - LABEL_COLUMNS - observedWidth - marginWidth - 6,
  )
  const lines = rows.map(({ icon, style, name, observed, margin }, i) =>
    labelled(
      i === 0 ? 'thresholds' : '',
      `${paint(style, icon)} ${padEnd(clip(name, nameWidth), nameWidth)}  ${padStart(observed, observedWidth)}  ${paint('dim', padStart(margin, marginWidth))}`,
      paint,
    ),
  )
  const more = thresholds.length - rows.length
  if (more > 0) lines.push(labelled('', paint('dim', `and ${more} more in the report`), paint))
  return lines
}

// --- internal ---

const RANK: Record<ThresholdRow['status'], number> = { fail: 0, unknown: 1, pass: 2 }
