import type { ComparedMetric } from '../measure/comparison.ts'

/**
 * The line of a metric, numbers first, verdict last:
 * `p99 send → last: 118 → 127 ms, +7.3 % (98.75 % CI +3.1 to +11.0), margin 10 %, 10 pairs, could see ≥ 8 %: UNKNOWN`.
 * Changes are B over A as they are, so that fewer deliveries read as less. `estimate` is in log ratios above 0 for worse;
 * `missing` says which side lacks the metric.
 */
export function metricSays(
  metric: Omit<ComparedMetric, 'says' | 'logRatios'>,
  runs: string,
  estimate: number | null,
  missing: string | null = null,
): string {
  const { name, unit, a, b, change, margin, detectable, isGated, isErratic, verdict } = metric
  if (estimate === null || a === null || b === null) {
    return `${name}: ${missing ?? 'not measured'}: ${verdict.toUpperCase()}`
  }
  const turn = metric.isWorseWhenHigher ? 1 : -1
  const natural = (share: number): number => (1 + share) ** turn - 1
  const interval =
    change === null
      ? ''
      : ` (${levelText(change.level)} CI ${[natural(change.lo), natural(change.hi)]
          .toSorted((x, y) => x - y)
          .map((share) => signedPercent(share).replace(' %', ''))
          .join(' to ')})`
  return [
    `${name}: ${valueText(a, unit)} → ${valueText(b, unit)}${UNIT_TEXT[unit]}`,
    `${signedPercent(Math.exp(estimate * turn) - 1)}${interval}`,
    `margin ${percent(margin)}`,
    runs,
    change === null || detectable === null ? 'too few for an interval' : `could see ≥ ${percent(detectable)}`,
    ...(isErratic ? ['erratic'] : []),
    ...(missing === null ? [] : [missing]),
  ]
    .join(', ')
    .concat(isGated ? `: ${verdict.toUpperCase()}` : `: ${verdict}, for information`)
}

/** A share as a change: `+7.3 %`, `−0.4 %`. */
export function signedPercent(share: number): string {
  const figure = (Math.abs(share) * 100).toFixed(1)
  return `${share < 0 && figure !== '0.0' ? '−' : '+'}${figure} %`
}

/** A share with two significant digits: `5 %`, `0.63 %`, `12 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}

// --- internal ---

const UNIT_TEXT: Record<ComparedMetric['unit'], string> = {
  ms: ' ms',
  'per second': ' a second',
  'CPU s': ' CPU s',
  share: '',
  count: '',
}

/** Three significant digits, thousands grouped. */
function valueText(value: number, unit: ComparedMetric['unit']): string {
  const scaled = unit === 'share' ? value * 100 : value
  const text =
    Math.abs(scaled) >= 99.95
      ? Math.round(scaled).toLocaleString('en-US')
      : String(Number(scaled.toPrecision(3)))
  return unit === 'share' ? `${text} %` : text
}

function levelText(level: number): string {
  return `${Number((level * 100).toFixed(2))} %`
}
