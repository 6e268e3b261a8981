import { describe, expect, it } from 'vitest'
import { Histogram } from '../../src/measure/histogram.ts'
import type { Timeline } from '../../src/measure/result.ts'
import { bandEdgesUs, latencySpan } from '../../src/report/page/latency-span.ts'
import { heatChart } from '../../src/report/page/run-charts.ts'
import { timelineView } from '../../src/report/page/timeline-view.ts'

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

describe('the heatmap’s title', () => {
  const titleOf = (expression: string, lost: number, us = 1_000): string => {
    const histogram = new Histogram(2)
    for (let i = 0; i < 100 - lost; i++) histogram.record(us)
    for (let i = 0; i < lost; i++) histogram.recordCensored(10_000_000)
    const view = timelineView({
      ...timeline,
      columns: { second: [1] },
      deliveryHistograms: [histogram.encode()],
    })
    const threshold = {
      metric: 'message_delivery',
      expression,
      observed: 1,
      unit: 'ms',
      isAtLeast: false,
      status: 'pass',
    } as const
    return heatChart({ thresholds: [threshold] }, view).title
  }

  it.each([
    ['p(99)<250', 0, 1_000, /^p99 stayed below 250 ms throughout; the slowest second had 1\.00 ms/],
    ['p(99)<1', 0, 1_000, /^p99 was not below 1 ms in 1 second/],
    // Two of a hundred never came: p99 lies among them.
    [
      'p(99)<15000',
      2,
      1_000,
      /^p99 was not below 15,000 ms in 1 second; the slowest second had ≥ 10,0\d\d ms/,
    ],
    ['p(99)<250', 1, 1_000, /^p99 stayed below/],
    ['p(99)>0.5', 0, 1_000, /^The slowest second had a p99 of 1\.00 ms/],
  ])('says of %s, with %d of 100 lost, what is known', (expression, lost, us, title) => {
    expect(titleOf(expression, lost, us)).toMatch(title)
  })
})

describe('a timeline for charts', () => {
  it('is the seconds themselves while they fit', () => {
    const view = timelineView(timeline)
    expect(view.stepSeconds).toBe(1)
    expect(view.atSeconds).toEqual([1, 2, 3, 4, 5])
    expect(view.rates('messages_sent')).toEqual([0, 10, 20, 30, 7])
    expect(view.latency.map((span) => span?.p50Us)).toEqual([undefined, 100, 100, undefined, 500])
    expect(view.latency.map((span) => span?.maxUs)).toEqual([undefined, 100, 900, undefined, 500])
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
    expect(view.latency.map((span) => span?.p50Us)).toEqual([100])
    expect(view.latency.map((span) => span?.maxUs)).toEqual([900])
    expect(view.latency.map((span) => span?.count)).toEqual([6])
  })

  it('sorts latencies into bands of an eighth of an octave that lose none', () => {
    const [span] = timelineView(timeline, 1).latency
    const bands = [...(span?.bands ?? [])].map(([band, count]) => ({ edges: bandEdgesUs(band), count }))
    expect(bands.map(({ count }) => count)).toEqual([4, 1, 1])
    for (const [i, us] of [100, 500, 900].entries()) {
      const [from, to] = bands[i]?.edges ?? [0, 0]
      expect(from).toBeLessThanOrEqual(us)
      expect(to).toBeGreaterThan(us)
      expect(to / from).toBeCloseTo(2 ** (1 / 8), 9)
    }
  })

  it('remembers a span by its histograms, not by how many there are', () => {
    const [a, b, c] = [second(100), second(300), second(900)]
    expect(latencySpan([a, b])?.maxUs).toBe(300)
    expect(latencySpan([c, b])?.maxUs).toBe(900)
    expect(latencySpan([a, b])?.maxUs).toBe(300)
    expect(latencySpan([b])?.count).toBe(1)
    expect(latencySpan([a, b])).toBe(latencySpan([a, null, b]))
  })

  it('takes the worst of the intervals that touch a span', () => {
    const intervals = { stepSeconds: 2, series: { generator_lateness: [second(100), null, second(700)] } }
    expect(timelineView(timeline).intervalP99(intervals, 'generator_lateness')).toEqual([
      100,
      100,
      null,
      null,
      700,
    ])
    expect(timelineView(timeline, 2).intervalP99(intervals, 'generator_lateness')).toEqual([100, 700])
    expect(timelineView(timeline, 2).intervalP99(intervals, 'other')).toEqual([null, null])
  })

  it('shows zero for columns that a result does not have', () => {
    expect(timelineView(timeline).rates('something_of_later')).toEqual([0, 0, 0, 0, 0])
    expect(timelineView({ stepMs: 1000, columns: {}, deliveryHistograms: [] }).atSeconds).toEqual([])
  })
})
