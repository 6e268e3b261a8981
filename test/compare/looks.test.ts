import { describe, expect, it } from 'vitest'
import { isLook, nextLook, pairPlan } from '../../src/compare/looks.ts'

describe('the looks', () => {
  it('are after 8, 12, 16 and 20 pairs', () => {
    const looks = Array.from({ length: 20 }, (_, i) => i + 1).filter((done) => isLook(done, 20))
    expect(looks).toEqual([8, 12, 16, 20])
    expect([0, 7, 8, 11, 12, 19, 20].map((done) => nextLook(done, 20))).toEqual([8, 8, 12, 12, 16, 20, 20])
  })

  it('end with the most pairs that are wanted', () => {
    const looks = (most: number): number[] =>
      Array.from({ length: most }, (_, i) => i + 1).filter((done) => isLook(done, most))
    expect([looks(1), looks(8), looks(10), looks(12)]).toEqual([[1], [8], [8, 10], [8, 12]])
    expect([nextLook(0, 3), nextLook(8, 10)]).toEqual([3, 10])
  })
})

describe('the plan of a pair', () => {
  it('follows from the seed and the number alone', () => {
    expect(pairPlan(7, 3)).toEqual(pairPlan(7, 3))
    const seeds = new Set(Array.from({ length: 200 }, (_, i) => pairPlan(1, i + 1).seed))
    expect(seeds.size).toBe(200)
    expect([...seeds].every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true)
    expect(pairPlan(1, 1).seed).not.toBe(pairPlan(2, 1).seed)
  })

  it('begins with either side about as often', () => {
    const firsts = Array.from({ length: 1_000 }, (_, i) => pairPlan(5, i + 1).first)
    const a = firsts.filter((first) => first === 'a').length
    // Six standard deviations.
    expect(Math.abs(a - 500)).toBeLessThan(95)
    // A coin, not turn and turn about.
    expect(firsts.slice(1).filter((first, i) => first === firsts[i]).length).toBeGreaterThan(400)
  })
})
