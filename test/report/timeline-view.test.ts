import { describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import type { Timeline } from '../../src/measure/result.ts'
import { timelineView } from '../../src/report/timeline-view.ts'

function second(...latenciesUs: number[]): Timeline['deliveryHistograms'][number] {
  if (latenciesUs.length === 0) return null
  const histogram = new Histogram(2)
  for (const us of latenciesUs) histogram.record(us)
  return histogram.encode()
}

const timeline: Timeline = {
  stepMs: 1000,
  columns: { second: [1, 2, 3, 4, 5], messages_sent: [0, 10, 20, 30, 7], users_connected: [5, 9, 8, 8, 0] },
  deliveryHistograms: [null, second(100), second(100, 100, 100, 900), second(), second(500)],
}

describe('a timeline for charts', () => {
  it('is the seconds themselves while they fit', () => {
    const view = timelineView(timeline)
    expect(view.stepSeconds).toBe(1)
    expect(view.atSeconds).toEqual([1, 2, 3, 4, 5])
    expect(view.rates('messages_sent')).toEqual([0, 10, 20, 30, 7])
    expect(view.latency('p50')).toEqual([null, 100, 100, null, 500])
    expect(view.latency('max')).toEqual([null, 100, 900, null, 500])
  })

  it('merges seconds that do not fit: rates are averaged, levels keep their peak, the rest stands alone', () => {
    const view = timelineView(timeline, 3)
    expect(view.stepSeconds).toBe(2)
    expect(view.atSeconds).toEqual([2, 4, 5])
    expect(view.rates('messages_sent')).toEqual([5, 25, 7])
    expect(view.peaks('users_connected')).toEqual([9, 8, 0])
  })

  it('takes percentiles of merged seconds from their samples, not from their percentiles', () => {
    const view = timelineView(timeline, 1)
    // Six samples: 100 four times, 500, 900. The mean of the seconds' medians would be 233.
    expect(view.latency('p50')).toEqual([100])
    expect(view.latency('max')).toEqual([900])
  })

  it('shows zero for columns that a result does not have', () => {
    expect(timelineView(timeline).rates('something_of_later')).toEqual([0, 0, 0, 0, 0])
    expect(timelineView({ stepMs: 1000, columns: {}, deliveryHistograms: [] }).atSeconds).toEqual([])
  })
})
