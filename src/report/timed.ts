import { msText } from './format.ts'

/** A latency in µs; `isAtLeast` where it lies among timeouts and losses, so that it is this or more. */
export interface Timed {
  us: number
  isAtLeast: boolean
}

/** As ms without its unit: `12.4`, `≥ 10,000`. */
export function timedText({ us, isAtLeast }: Timed): string {
  return `${isAtLeast ? '≥ ' : ''}${msText(us)}`
}

/** The median, which is at least what it says where one that it rests on is. Undefined of none. */
export function medianTimed(values: readonly Timed[]): Timed | undefined {
  const sorted = values.toSorted((a, b) => a.us - b.us)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) return undefined
  return {
    us: (lower.us + upper.us) / 2,
    isAtLeast: sorted.some(({ us, isAtLeast }) => isAtLeast && us <= upper.us),
  }
}

/** The lowest of some, at least one; it is at least what it says where nothing else of that size is exact. */
export function lowestTimed(values: readonly Timed[]): Timed {
  const us = Math.min(...values.map((each) => each.us))
  return { us, isAtLeast: values.every((each) => each.isAtLeast || each.us > us) }
}

/** The highest of some, at least one; any that is at least what it says may be higher. */
export function highestTimed(values: readonly Timed[]): Timed {
  return { us: Math.max(...values.map(({ us }) => us)), isAtLeast: values.some(({ isAtLeast }) => isAtLeast) }
}
