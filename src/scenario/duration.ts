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

// --- internal ---

const MS_OF = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 }
