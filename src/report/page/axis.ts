/** Where values stand along one side of a drawing. */
export interface Axis {
  /** 0 at the low end, 1 at the high end; outside of the drawing less or more. */
  at: (value: number) => number
  ticks: readonly { value: number; text: string }[]
}

/** An axis of equal differences, with at most about `most` ticks. */
export function linearAxis(low: number, high: number, text: (value: number) => string, most = 5): Axis {
  const span = high - low || Math.abs(high) || 1
  const top = low + span
  const step = stepFor(span / most)
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(top / step + 1e-9) - first + 1
  return {
    at: (value) => (value - low) / span,
    // Multiples of the step, not sums of it: 0.1 + 0.2 would be seen.
    ticks: labelled(
      Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step),
      text,
    ),
  }
}

/** An axis of equal ratios; both ends are above 0. */
export function logAxis(low: number, high: number, text: (value: number) => string, most = 6): Axis {
  const from = Math.log(low)
  const span = Math.log(high) - from || 1
  const candidates = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], DENSE].map((steps) =>
    within(low, high, steps),
  )
  // The densest that has room; of a span too narrow for any, equal differences.
  const fitting = candidates.filter((values) => values.length <= most && values.length >= 3).at(-1)
  return {
    at: (value) => (Math.log(value) - from) / span,
    ticks: fitting === undefined ? linearAxis(low, high, text, most - 1).ticks : labelled(fitting, text),
  }
}

/** An axis for loads: of equal ratios where they differ much, else of equal differences. */
export function wideAxis(values: readonly number[], text: (value: number) => string, most = 6): Axis {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return linearAxis(0, 1, text, most)
  const [low, high] = [Math.min(...positive), Math.max(...positive)]
  if (high / low >= WIDE) return logAxis(low / 1.12, high * 1.12, text, most)
  const room = (high - low) * 0.06 || high * 0.1
  return linearAxis(Math.max(0, low - room), high + room, text, most)
}

// --- internal ---

/** Below that, equal differences show more of where a search ends. */
const WIDE = 40

const DENSE = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9]

/** 1, 2, 2.5 or 5 times a power of ten, the first that is not below. */
function stepFor(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= least * 0.999) ?? 10) * power
}

function within(low: number, high: number, steps: readonly number[]): number[] {
  const values: number[] = []
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++)
    for (const step of steps) {
      const value = Number(`${step}e${decade}`)
      if (value >= low && value <= high) values.push(value)
    }
  return values
}

function labelled(values: readonly number[], text: (value: number) => string): Axis['ticks'] {
  return values.map((value) => ({ value, text: text(value) }))
}
