/** A time span as users write it: `500ms`, `30s`, `1m30s`, `2h`. A number is milliseconds. */
export type Duration = string | number

/** The span in milliseconds; undefined when the text is not a duration. */
export function durationMs(duration: Duration): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) && duration >= 0 ? duration : undefined
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration)) return undefined
  let sumMs = 0
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sumMs += Number(amount) * (MS_OF[unit as keyof typeof MS_OF] ?? 0)
  }
  return sumMs
}

/** The span as people write it: `90000` is `1m30s`. */
export function durationText(ms: number): string {
  if (ms < 1e3) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 100) / 10
  if (seconds < 60) return `${seconds}s`
  const whole = Math.round(ms / 1e3)
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ]
  return parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('')
}

// --- internal ---

const MS_OF = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 }
