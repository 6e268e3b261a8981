import { holm } from '../statistics/holm.ts'

/** How one of several metrics that only inform is judged, so that all of them together err in 5 % of comparisons. */
export interface InformingLevel {
  /** For its interval. */
  alpha: number
  /** Whether it may be said to differ. */
  mayDiffer: boolean
}

/** The levels after Holm's step-down: the k-th smallest of m p-values is held against 5 % / (m − k + 1). */
export function informingLevels(pValues: readonly number[]): InformingLevel[] {
  const adjusted = holm(pValues)
  const order = pValues.map((_, i) => i).toSorted((i, j) => (pValues[i] ?? 0) - (pValues[j] ?? 0) || i - j)
  const levels: InformingLevel[] = []
  for (const [rank, i] of order.entries()) {
    levels[i] = { alpha: ALPHA / (pValues.length - rank), mayDiffer: (adjusted[i] ?? 1) <= ALPHA }
  }
  return levels
}

// --- internal ---

const ALPHA = 0.05
