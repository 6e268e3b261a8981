import { describe, expect, it } from 'vitest'
import { generator } from '../../src/scenario/random.ts'
import { CALM } from '../statistics/simulated-runs.ts'
import { comparisonRates } from './simulated.ts'

// The short form of proof.ts: fewer, with a fixed seed.
describe('simulated comparisons, from results to the verdict', () => {
  it('call at most 2 of 100 worse where nothing changed', () => {
    const { worse, better } = comparisonRates(100, { slower: 0, noise: CALM }, generator(11, 1))
    expect(Math.round(100 * worse)).toBeLessThanOrEqual(2)
    expect(Math.round(100 * better)).toBeLessThanOrEqual(2)
  })

  it('call +10 % of p99 worse nine times in ten, and never better or the same', () => {
    const rates = comparisonRates(100, { slower: 0.1, noise: CALM }, generator(11, 2))
    expect(rates.worse).toBeGreaterThanOrEqual(0.9)
    expect([rates.better, rates.same]).toEqual([0, 0])
  })
})
