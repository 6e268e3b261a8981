import { expect, it } from 'vitest'
import { puzzle, searchFor, truthOf } from './searching.ts'

/** The true rates of the first 20 queues by simulations of a million arrivals, as `node test/capacity/proof.ts` finds them. */
const TRUTHS = [
  591.7, 1219.3, 812.1, 492.8, 1395.4, 1367.3, 277.0, 850.5, 1207.1, 649.7, 395.9, 506.0, 764.8, 1833.4,
  302.1, 2350.0, 542.5, 1164.1, 356.5, 1414.7,
]

const trials = TRUTHS.map((truth, i) => {
  const { queue, limitMs, startShare } = puzzle(i + 1)
  return { truth, ...searchFor(i + 1, queue, limitMs, truth * startShare) }
})
const shares = trials.map(({ truth, bracket }) => (bracket.verified ?? 0) / truth)

it('brackets the truth of simulated queues in at least 19 of 20 searches', () => {
  const held = trials.filter(
    ({ truth, bracket: { verified, refuted } }) => (verified ?? Infinity) <= truth && truth <= (refuted ?? 0),
  )
  expect(held.length).toBeGreaterThanOrEqual(19)
})

it('never verifies more than the truth by 2 %, and not much less', () => {
  expect(Math.max(...shares)).toBeLessThan(1.02)
  expect(Math.min(...shares)).toBeGreaterThan(0.8)
})

it('takes no more steps than it says', () => {
  expect(Math.max(...trials.map(({ steps }) => steps))).toBeLessThanOrEqual(40)
})

it('knows a truth that a shorter simulation finds as well', () => {
  const { queue, limitMs } = puzzle(1)
  expect(truthOf(queue, limitMs, 60_000) / (TRUTHS[0] as number)).toBeCloseTo(1, 1)
})
