import type { ThresholdRow } from '../measure/result.ts'

/** A count with its thousands grouped: `1,234,567`. */
export function countText(count: number): string {
  return GROUPED.format(count)
}

/** A latency in µs as ms with three significant digits, without its unit: `0.42`, `12.4`, `1,250`. */
export function msText(us: number): string {
  if (us === 0) return '0'
  const ms = us / 1e3
  // Each border lies where rounding would carry into a fourth digit.
  const decimals = ms < 0.0995 ? 3 : ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0
  return decimals === 0 ? GROUPED.format(Math.round(ms)) : ms.toFixed(decimals)
}

/** A latency in µs for a glance: `0.4 ms`, `12 ms`, `1.2 s`. */
export function glanceText(us: number): string {
  const ms = us / 1e3
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  return `${(ms / 1e3).toFixed(1)} s`
}

/**
 * A share between 0 and 1 in per cent. Neither 0 nor 100 is ever reached by rounding: one loss in a million
 * deliveries reads `> 99.99 %`, not `100 %`.
 */
export function shareText(share: number): string {
  if (share === 0) return '0 %'
  if (share === 1) return '100 %'
  if (share > 0 && share < 0.0001) return '< 0.01 %'
  if (share > 0.9999 && share < 1) return '> 99.99 %'
  const percent = share * 100
  const decimals = percent >= 99.95 && percent < 100 ? 2 : percent < 10 ? 2 : 1
  // Cut, not rounded, above 99.95 %: 99.996 is not 100.
  const shown = decimals === 2 && percent > 99 ? Math.floor(percent * 100 + 1e-9) / 100 : percent
  return `${Number(shown.toFixed(decimals))} %`
}

/** `part` of `whole` in per cent; a dash when there is no whole. */
export function partText(part: number, whole: number): string {
  return whole === 0 ? '–' : shareText(part / whole)
}

/** A value with the unit that thresholds and validity checks give it. */
export function measuredText(value: number, unit: ThresholdRow['unit']): string {
  return MEASURED[unit](value)
}

/** Seconds as a clock: `00:15`, `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}

/** A span in words: `30 s`, `1.5 s`, `10 min`, `1 h 30 min`, `2 min 5 s`. */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole >= 3600 ? 0 : whole % 60, 's'],
  ] as const
  return parts
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ')
}

/** Bytes in binary units with three significant digits: `512 B`, `94.2 MiB`, `15.6 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toPrecision(value >= 1000 ? 4 : 3))} ${units[unit]}`
}

/** A count with its noun: `1 loss`, `1,200 losses`. */
export function numbered(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** Pads numbers on the right so that their decimal points stand under each other when they are right-aligned. */
export function alignPoints(texts: readonly string[], digit = ' ', point = ' '): string[] {
  const most = Math.max(0, ...texts.map(decimalsOf))
  return texts.map((text) => {
    const decimals = decimalsOf(text)
    return text + (decimals === 0 && most > 0 ? point : '') + digit.repeat(most - decimals)
  })
}

// --- internal ---

const GROUPED = new Intl.NumberFormat('en-US')
const RATE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

const MEASURED: Record<ThresholdRow['unit'], (value: number) => string> = {
  ms: (value) => `${msText(value * 1e3)} ms`,
  count: countText,
  'per second': (value) => `${RATE.format(value)}/s`,
  share: shareText,
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

function decimalsOf(text: string): number {
  return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
}
