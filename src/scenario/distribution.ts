/**
 * A random quantity (message length, think time) as data, so that it can stand in YAML and be drawn by a pure function.
 * A bare number is that number, always.
 */
export type Distribution =
  | number
  | { uniform: [low: number, high: number] }
  | { exponential: { mean: number; max?: number } }
  | { lognormal: { median: number; sigma: number; max?: number } }

/** Draws from a distribution with uniforms in [0, 1). */
export function draw(distribution: Distribution, next: () => number): number {
  if (typeof distribution === 'number') return distribution
  if ('uniform' in distribution) {
    const [low, high] = distribution.uniform
    return low + (high - low) * next()
  }
  if ('exponential' in distribution) {
    const { mean, max = Number.POSITIVE_INFINITY } = distribution.exponential
    return Math.min(max, -mean * Math.log(1 - next()))
  }
  const { median, sigma, max = Number.POSITIVE_INFINITY } = distribution.lognormal
  return Math.min(max, median * Math.exp(sigma * normal(next)))
}

// --- internal ---

/** A standard normal deviate by the Box-Muller transform. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}
