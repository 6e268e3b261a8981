import { expect, it } from 'vitest'
import { budgetedSearch } from './collapsing.ts'

const searches = Array.from({ length: 300 }, (_, n) =>
  budgetedSearch(n + 1, { breaksAt: 3_200, spread: 0.12 }, 600),
)

it('finds both ends within ten minutes in more than half of the searches of a target that breaks down by chance', () => {
  const both = searches.filter(({ verified, refuted }) => verified !== undefined && refuted !== undefined)
  expect(both.length).toBeGreaterThan(150)
  const verified = searches.filter((each) => each.verified !== undefined)
  expect(verified.length).toBeGreaterThan(240)
})

it('verifies no load at which half of the runs break down, but by chance', () => {
  // All of at least four runs at such a load have to hold: one in sixteen.
  expect(searches.filter(({ verified = 0 }) => verified >= 3_200).length).toBeLessThan(300 / 16)
})

it('finds both ends nearly always where there is time for it', () => {
  const found = Array.from({ length: 100 }, (_, n) =>
    budgetedSearch(n + 1, { breaksAt: 3_200, spread: 0.12 }, 1_800),
  ).filter(({ verified, refuted }) => verified !== undefined && refuted !== undefined)
  expect(found.length).toBeGreaterThanOrEqual(90)
})
