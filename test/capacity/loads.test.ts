import { describe, expect, it } from 'vitest'
import { above, asLoad, below, between, floorLoad, loadWords } from '../../src/capacity/loads.ts'

describe('a load', () => {
  it('is whole users, or a rate to four digits', () => {
    expect(asLoad(0.2, 'users')).toBe(1)
    expect(asLoad(123.456, 'arrivals/s')).toBe(123.5)
    expect([floorLoad(200.7, 'users'), floorLoad(123.46, 'arrivals/s')]).toEqual([200, 123.4])
  })

  it('reads as it is run: no two loads the same, none as nothing', () => {
    const words = (load: number): string => loadWords(load, 'arrivals/s')
    expect([0.0102, 0.0107, 0.04, 350.5, 12_350].map(words)).toEqual([
      '0.0102 arrivals/s',
      '0.0107 arrivals/s',
      '0.04 arrivals/s',
      '350.5 arrivals/s',
      '12,350 arrivals/s',
    ])
    expect([1, 12_345].map((load) => loadWords(load, 'users'))).toEqual(['1 user', '12,345 users'])
  })

  it('has neighbours 5 % away, and at least one user', () => {
    expect([above(100, 'users'), below(100, 'users')]).toEqual([105, 95])
    expect([above(4, 'users'), below(4, 'users'), below(1, 'users')]).toEqual([5, 3, undefined])
    expect([above(2, 'arrivals/s'), below(2, 'arrivals/s')]).toEqual([2.1, 1.905])
  })

  it('has a middle where there is one', () => {
    expect([between(100, 160, 'users'), between(5, 6, 'users')]).toEqual([126, undefined])
  })
})
