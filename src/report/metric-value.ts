import type { ComparedMetric } from '../measure/comparison.ts'
import { countText, msText, shareText } from './format.ts'

/** A figure of a comparison or a trend with its unit: `118 ms`, `2,140/s`, `0.42 CPU s`; a dash where nothing was measured. */
export function metricText(value: number | null | undefined, unit: ComparedMetric['unit']): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : TEXT[unit](value)
}

/** Two figures of one unit, one after the other: `118 → 127 ms`. */
export function fromToText(
  from: number | null | undefined,
  to: number | null | undefined,
  unit: ComparedMetric['unit'],
): string {
  const [left, right] = [metricText(from, unit), metricText(to, unit)]
  if (left === right && left === '–') return '–'
  const named = UNIT.exec(right)?.[0]
  return `${named === undefined || !left.endsWith(named) ? left : left.slice(0, -named.length)} → ${right}`
}

/** A change as a signed share with one digit after the point: `+7.3 %`, `−12 %`; `0 %` where it rounds to none. */
export function changeText(change: number): string {
  if (!Number.isFinite(change)) return change > 0 ? 'no upper end' : 'no lower end'
  const percent = Math.abs(change) * 100
  const shown = SIGNIFICANT.format(percent >= 10 ? Math.round(percent) : Math.round(percent * 10) / 10)
  if (shown === '0') return '0 %'
  return `${change < 0 ? '−' : '+'}${shown} %`
}

/** A share in per cent without a sign, one digit below ten: `8.1 %`, `12 %`. */
export function roughShare(share: number): string {
  return changeText(Math.abs(share)).replace('+', '')
}

// --- internal ---

const UNIT = /(?: ms|\/s| CPU s)$/

const SIGNIFICANT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const RATE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

const TEXT: Record<ComparedMetric['unit'], (value: number) => string> = {
  ms: (value) => `${msText(value * 1e3)} ms`,
  'per second': (value) => `${RATE.format(value >= 100 ? Math.round(value) : value)}/s`,
  'CPU s': (value) => `${THREE_DIGITS.format(value)} CPU s`,
  share: shareText,
  count: (value) => countText(Math.round(value * 100) / 100),
}
