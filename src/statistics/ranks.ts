/** The rank of every value, from 1; values that are equal share the mean of their ranks (mid-ranks). */
export function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).toSorted((i, j) => (values[i] as number) - (values[j] as number))
  const ranks = values.map(() => 0)
  for (let first = 0; first < order.length;) {
    let next = first + 1
    while (next < order.length && values[order[next] as number] === values[order[first] as number]) next++
    for (let i = first; i < next; i++) ranks[order[i] as number] = (first + 1 + next) / 2
    first = next
  }
  return ranks
}

/**
 * In how many ways a sum comes about, out of how many: `counts[s]` is that of the sum s. As floating point numbers: exact
 * below 2^53, and to 15 digits above, since they are only ever added up.
 */
export interface SumCounts {
  counts: Float64Array
  total: number
}

/** The chance of a sum of at most `most`. */
export function chanceUpTo({ counts, total }: SumCounts, most: number): number {
  let ways = 0
  for (let sum = 0; sum <= most && sum < counts.length; sum++) ways += counts[sum] as number
  return ways / total
}

/** The largest sum k with a chance of at most `chance` for sums up to k; −1 where even a sum of 0 is more likely than that. */
export function largestWithin({ counts, total }: SumCounts, chance: number): number {
  let ways = 0
  for (let sum = 0; sum < counts.length; sum++) {
    ways += counts[sum] as number
    if (ways / total > chance) return sum - 1
  }
  return counts.length - 1
}

/** The chance of something at least as far out as `observed`, on either side of a symmetric or skewed count. */
export function bothSides(of: SumCounts, observed: number): number {
  const below = chanceUpTo(of, observed)
  const above = 1 - chanceUpTo(of, observed - 1)
  return Math.min(1, 2 * Math.min(below, above))
}
