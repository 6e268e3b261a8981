import { describe, expect, it } from 'vitest'
import { highestTimed, lowestTimed, medianTimed, type Timed, timedText } from '../../src/report/timed.ts'

const exact = (ms: number): Timed => ({ us: ms * 1e3, isAtLeast: false })
const atLeast = (ms: number): Timed => ({ us: ms * 1e3, isAtLeast: true })
const median = (...values: Timed[]): string => {
  const middle = medianTimed(values)
  return middle === undefined ? 'none' : timedText(middle)
}

describe('latencies of which some lie among timeouts', () => {
  it('have an exact median where what is censored lies above it', () => {
    expect(median(exact(100), exact(200), atLeast(10_000))).toBe('200')
    expect(median(exact(100), atLeast(10_000), atLeast(10_000))).toBe('≥ 10,000')
    expect(median(exact(100), atLeast(300))).toBe('≥ 200')
    // The censored one may be the highest of all.
    expect(median(atLeast(100), exact(200), exact(300))).toBe('≥ 200')
    expect(median()).toBe('none')
  })

  it('have a lowest that is exact as soon as one of that size is, and a highest that never is', () => {
    expect(timedText(lowestTimed([exact(100), atLeast(200)]))).toBe('100')
    expect(timedText(lowestTimed([atLeast(100), exact(100)]))).toBe('100')
    expect(timedText(lowestTimed([atLeast(100), exact(200)]))).toBe('≥ 100')
    expect(timedText(highestTimed([atLeast(100), exact(200)]))).toBe('≥ 200')
    expect(timedText(highestTimed([exact(100), exact(200)]))).toBe('200')
  })
})
