import { type Budgeted, budgetedSearch } from './collapsing.ts'

// Capacity searches within a budget against simulated deployments that break down by chance: how often is it enough?
// node test/capacity/budget-proof.ts [searches] [where half of the runs break down] [spread]

const COUNT = Number(process.argv[2] ?? 2_000)
const BREAKS_AT = Number(process.argv[3] ?? 3_200)
const SPREAD = Number(process.argv[4] ?? 0.12)

const percent = (count: number): string => `${((100 * count) / COUNT).toFixed(0)} %`.padStart(5)
const at = (values: readonly number[], q: number): string =>
  (values[Math.floor(q * (values.length - 1))] ?? Number.NaN).toFixed(2)

process.stdout.write(
  'budget   both ends   verified only   refuted only   neither   width (5 %, median, 95 %)   steps\n',
)
for (const minutes of [10, 15, 20, 30]) {
  const found: Budgeted[] = Array.from({ length: COUNT }, (_, n) =>
    budgetedSearch(n + 1, { breaksAt: BREAKS_AT, spread: SPREAD }, minutes * 60),
  )
  const share = (hasLower: boolean, hasUpper: boolean): string =>
    percent(
      found.filter(
        ({ verified, refuted }) =>
          (verified !== undefined) === hasLower && (refuted !== undefined) === hasUpper,
      ).length,
    )
  const widths = found
    .flatMap(({ verified, refuted }) => (verified && refuted ? [refuted / verified] : []))
    .toSorted((a, b) => a - b)
  const steps = found.map((each) => each.steps).toSorted((a, b) => a - b)
  process.stdout.write(
    `${String(minutes).padStart(3)} min       ${share(true, true)}           ${share(true, false)}          ${share(false, true)}     ${share(false, false)}            ${at(widths, 0.05)}, ${at(widths, 0.5)}, ${at(widths, 0.95)}      ${steps[Math.floor(COUNT / 2)]}\n`,
  )
}
