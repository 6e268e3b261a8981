import { bothSides, midRanks, type SumCounts } from './ranks.ts'

/**
 * The Mann-Whitney (Wilcoxon rank sum) test, exact: how likely values of one origin are to part as far as these into a group
 * of `a`'s size and one of `b`'s, on either side. Equal values share their ranks. 1 where a group is empty.
 */
export function rankSumP(a: readonly number[], b: readonly number[]): number {
  // Twice the mid-ranks are whole numbers.
  const ranks = midRanks([...a, ...b]).map((rank) => 2 * rank)
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  return bothSides(rankSumCounts(ranks, a.length), observed)
}

/** The sums that ranks, which are whole numbers, give when `size` of them are drawn, by counting every draw. */
export function rankSumCounts(ranks: readonly number[], size: number): SumCounts {
  const most = ranks
    .toSorted((a, b) => b - a)
    .slice(0, size)
    .reduce((sum, rank) => sum + rank, 0)
  // One row a number drawn so far; from the back, so that no rank is drawn twice.
  const rows = Array.from({ length: size + 1 }, () => new Float64Array(most + 1))
  ;(rows[0] as Float64Array)[0] = 1
  for (const rank of ranks) {
    for (let drawn = size; drawn >= 1; drawn--) {
      const to = rows[drawn] as Float64Array
      const from = rows[drawn - 1] as Float64Array
      for (let sum = rank; sum <= most; sum++) to[sum] = (to[sum] as number) + (from[sum - rank] as number)
    }
  }
  const counts = rows[size] as Float64Array
  return { counts, total: counts.reduce((sum, ways) => sum + ways, 0) }
}
