import { describe, expect, it } from 'vitest'
import { generator } from '../../src/scenario/random.ts'
import { detectable, judge, leastMargin } from '../../src/statistics/verdict.ts'
import { CALM, gate, gateRates, pairs } from './simulated-runs.ts'
import { seriesRates } from './simulated-series.ts'

// The short form of proof.ts: fewer of each, with fixed seeds.
describe('simulated comparisons', () => {
  it('call at most 2 of 100 worse where both sides are the same build, and no more better', () => {
    const { worse, better } = gateRates(100, { change: 0, margin: 0.05, noise: CALM }, generator(1, 1))
    expect(Math.round(100 * worse)).toBeLessThanOrEqual(2)
    expect(Math.round(100 * better)).toBeLessThanOrEqual(2)
  })

  it('call a build of the same speed the same nine times in ten, where the margin leaves the noise room', () => {
    const { same, worse } = gateRates(200, { change: 0, margin: 0.1, noise: CALM }, generator(1, 2))
    expect(same).toBeGreaterThan(0.9)
    expect(worse).toBeLessThanOrEqual(0.01)
  })

  it('call +10 % worse nine times in ten at a margin of 5 %, and never better or the same', () => {
    const rates = gateRates(200, { change: 0.1, margin: 0.05, noise: CALM }, generator(1, 3))
    expect(rates.worse).toBeGreaterThan(0.9)
    expect([rates.better, rates.same]).toEqual([0, 0])
    expect(rates.pairs).toBeLessThan(13)
  })

  it('call +15 % worse nine times in ten at a margin of 10 %, and +10 %, the margin itself, about half the time', () => {
    const at = (change: number): number =>
      gateRates(200, { change, margin: 0.1, noise: CALM }, generator(1, 4)).worse
    expect(at(0.15)).toBeGreaterThan(0.9)
    expect(at(0.1)).toBeGreaterThan(0.4)
    expect(at(0.1)).toBeLessThan(0.8)
  })

  it('see what they say they could have seen about four times in five', () => {
    const quiet = { run: 0.05, outliers: 0, drift: 0, driftKept: 0 }
    for (const count of [8, 12, 20]) {
      const next = generator(2, count)
      const sizes = Array.from({ length: 60 }, () => detectable(pairs(count, 0, quiet, next)))
      const size = sizes.toSorted((a, b) => a - b)[30] as number
      let seen = 0
      for (let i = 0; i < 300; i++)
        if (judge(pairs(count, size, quiet, next), 1e-6, 0.0125).verdict === 'worse') seen++
      expect(seen / 300, `${count} pairs`).toBeGreaterThan(0.7)
      expect(seen / 300, `${count} pairs`).toBeLessThan(0.9)
    }
  })

  it('can hold the margin that a self-check proposes: four times in five the same build is called the same', () => {
    const next = generator(3, 1)
    const noise = { ...CALM, run: 0.06 }
    let same = 0
    for (let i = 0; i < 200; i++) {
      const margin = leastMargin(pairs(20, 0, noise, next))
      if (gate(pairs(20, 0, noise, next), margin).verdict === 'same') same++
    }
    expect(same / 200).toBeGreaterThan(0.7)
  })
})

describe('simulated series', () => {
  const steady = { before: 60, after: 0, step: 0, noise: 0.05, outliers: 0.05 }

  it('have a point in at most 4 of 100 where nothing changed', () => {
    expect(seriesRates(200, steady, generator(4, 1)).others).toBeLessThanOrEqual(0.04)
  })

  it('show +10 % in most after eight values, and in few after three', () => {
    const found = (after: number): number =>
      seriesRates(100, { ...steady, outliers: 0, before: 52, after, step: 0.1 }, generator(4, 2)).found
    expect(found(8)).toBeGreaterThan(0.7)
    expect(found(3)).toBeLessThan(0.4)
  })
})
