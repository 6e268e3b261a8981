import { bothSides, midRanks, type SumCounts } from './ranks.ts'

/**
 * Wilcoxon's signed-rank test, exact: how likely values that lie symmetrically about 0 are to give ranks as one-sided as
 * these or more, on either side. Zeros are left out (Wilcoxon 1945), equal distances share their ranks. 1 without values.
 */
export function signedRankP(values: readonly number[]): number {
  const others = values.filter((value) => value !== 0)
  // Twice the mid-ranks are whole numbers.
  const ranks = midRanks(others.map(Math.abs)).map((rank) => 2 * rank)
  const positive = ranks.reduce((sum, rank, i) => ((others[i] as number) > 0 ? sum + rank : sum), 0)
  return bothSides(signedRankCounts(ranks), positive)
}

/** The sums that ranks, which are whole numbers, give when each of them counts or not: 2ⁿ cases, by convolution. */
export function signedRankCounts(ranks: readonly number[]): SumCounts {
  const counts = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1)
  counts[0] = 1
  let reach = 0
  for (const rank of ranks) {
    reach += rank
    for (let sum = reach; sum >= rank; sum--)
      counts[sum] = (counts[sum] as number) + (counts[sum - rank] as number)
  }
  return { counts, total: 2 ** ranks.length }
}
