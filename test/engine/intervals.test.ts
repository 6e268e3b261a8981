import { describe, expect, it } from 'vitest'
import { intervalsOf } from '../../src/engine/intervals.ts'
import { type EncodedHistogram, Histogram } from '../../src/measure/histogram.ts'
import { latencies, secondsOf } from './evidence.ts'

/** A run of so many seconds; those given, by default each, have one delivery of as many ms as the run is old. */
function runOf(
  length: number,
  busy = Array.from({ length }, (_, i) => i + 1),
): { second: number; histograms: Record<string, EncodedHistogram> }[] {
  return Array.from({ length }, (_, i) => {
    const histograms: Record<string, EncodedHistogram> = {}
    if (busy.includes(i + 1)) {
      const histogram = new Histogram(2)
      histogram.record((i + 1) * 1e3)
      histograms['message_delivery'] = histogram.encode()
    }
    return { second: i + 1, histograms }
  })
}

describe('the intervals of a run', () => {
  it.each([
    [30, 1, 30],
    [150, 1, 150],
    [151, 2, 76],
    [600, 5, 120],
    [3_600, 30, 120],
    [20_000, 134, 150],
  ])('of %d s are of %d s, %d of them', (length, stepSeconds, count) => {
    const ends = [1, stepSeconds, stepSeconds + 1, length]
    const { series, ...intervals } = intervalsOf(runOf(length, ends))
    expect(intervals.stepSeconds).toBe(stepSeconds)
    const counts = series['message_delivery']?.map((histogram) => histogram?.count ?? 0) ?? []
    expect(counts).toHaveLength(count)
    expect([counts[0], counts[1], counts.at(-1)]).toEqual([stepSeconds === 1 ? 1 : 2, 1, 1])
  })

  it('hold each second in the interval it belongs to', () => {
    const { series } = intervalsOf(runOf(600, [10, 11, 12, 13, 14, 15, 16]))
    const third = Histogram.decode(
      series['message_delivery']?.[2] as NonNullable<(typeof series)[string][number]>,
    )
    expect([third.count, third.minUs, third.maxUs]).toEqual([5, 11_000, 15_000])
  })

  it('are null where nothing was recorded, and of no latency that is not plotted or never came', () => {
    const { series } = intervalsOf(
      secondsOf([
        {},
        { histograms: { typing_delivery: latencies([2, 5]), ws_connecting: latencies([1, 1]) } },
        {},
      ]),
    )
    expect(Object.keys(series)).toEqual(['typing_delivery'])
    expect(series['typing_delivery']?.map((histogram) => histogram?.count ?? null)).toEqual([null, 2, null])
    expect(intervalsOf([])).toEqual({ stepSeconds: 1, series: {} })
  })
})
