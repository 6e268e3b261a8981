import type { RunResult } from '../../measure/result.ts'
import { clip, padEnd, padStart, widthOf } from '../columns.ts'
import { alignPoints, countText } from '../format.ts'
import type { Paint } from './paint.ts'
import { maxText, percentileText, SHOWN_PERCENTILES, type Step, stepsOf } from '../steps.ts'

/** The latencies of each step as a table, empty when none was measured. HTTP calls one by one, or all in one line. */
export function latencyLines(
  { trends }: RunResult,
  columns: number,
  paint: Paint,
  eachCall: boolean,
): string[] {
  const steps = stepsOf(trends).filter((step) => isShown(step, eachCall))
  if (steps.length === 0) return []
  const heads = ['count', ...SHOWN_PERCENTILES.map((p) => `p${p}`), 'max']
  const labels = steps.map(labelOf)
  const widest = Math.max(...labels.map(widthOf))
  const aligned = cellsOf(steps, true)
  // Points under points look better, but not at the price of names that are cut.
  const cells = widest + widthsOf(heads, aligned).taken <= columns ? aligned : cellsOf(steps, false)
  const { widths, taken } = widthsOf(heads, cells)
  const labelWidth = Math.min(Math.max(24, widest), columns - taken)
  const row = (label: string, values: readonly string[]): string =>
    padEnd(clip(label, labelWidth), labelWidth) +
    values.map((value, i) => `  ${padStart(value, widths[i] as number)}`).join('')
  return [
    paint('dim', row('latency, ms', heads)),
    ...labels.map((label, r) =>
      row(
        label,
        cells.map((column) => column[r] as string),
      ),
    ),
  ]
}

// --- internal ---

/** Sums are left out where their parts are shown; sizes of audiences are left to the page. */
function isShown({ metric, group, isPart }: Step, eachCall: boolean): boolean {
  if (group === 'HTTP calls') return isPart === eachCall
  return group !== 'Other' && !metric.includes('{audience:')
}

function labelOf({ metric, meaning, isPart, group }: Step): string {
  if (!isPart) return metric
  if (group === 'HTTP calls') return `http ${meaning}`
  return metric.endsWith('{basis:service}') ? '  service time' : `  ${meaning}`
}

function cellsOf(steps: readonly Step[], aligned: boolean): string[][] {
  const column = (textOf: (step: Step) => string): string[] => {
    const texts = steps.map(textOf)
    return aligned ? alignPoints(texts) : texts
  }
  return [
    steps.map(({ trend }) => countText(trend.count)),
    ...SHOWN_PERCENTILES.map((p) => column((step) => percentileText(step, p))),
    column(maxText),
  ]
}

function widthsOf(heads: readonly string[], cells: readonly string[][]): { widths: number[]; taken: number } {
  const widths = cells.map((column, i) => Math.max(widthOf(heads[i] as string), ...column.map(widthOf)))
  return { widths, taken: widths.reduce((sum, width) => sum + width + 2, 0) }
}
