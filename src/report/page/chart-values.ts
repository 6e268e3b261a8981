import { numbered } from '../format.ts'

/** µs as ms to three digits, which is what a chart can show; null where there is none. */
export function inMs(valuesUs: readonly (number | null | undefined)[]): (number | null)[] {
  return valuesUs.map((us) => (us === null || us === undefined ? null : Number((us / 1e3).toPrecision(3))))
}

/** Values as a chart can show them: whole numbers stay, others have three digits after the point. */
export function threeDigits<T extends number | null>(values: readonly T[]): T[] {
  return values.map((value) => (value === null ? value : Math.round(value * 1e3) / 1e3) as T)
}

/** A span of time as a word: `second`, or `5 seconds`. */
export function steppedText(stepSeconds: number): string {
  return stepSeconds === 1 ? 'second' : `${stepSeconds} seconds`
}

/** So many spans of a time axis: `3 seconds`, `1 span of 5 seconds`. What lies in a span need not fill it. */
export function spansText(count: number, stepSeconds: number): string {
  return stepSeconds === 1
    ? numbered(count, 'second')
    : `${numbered(count, 'span')} of ${stepSeconds} seconds`
}
