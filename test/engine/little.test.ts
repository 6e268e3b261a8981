import { describe, expect, it } from 'vitest'
import { inFlightBetween } from '../../src/engine/in-flight.ts'
import type { ValidityCheck } from '../../src/measure/result.ts'
import { checkOf, evidence, type Happened, latencies, secondsOf } from './evidence.ts'

/** A run of ten seconds with 100 deliveries a second of so many ms, and so many on their way by counting. */
function littleOf(
  ms: number,
  onTheWay: number,
  change: {
    uncertain?: number
    optionalS?: number
    counters?: Happened['counters']
    isDrained?: boolean
  } = {},
): ValidityCheck {
  const { uncertain = 0, optionalS = 0, isDrained = true } = change
  const seconds = secondsOf(
    Array.from({ length: 10 }, () => ({
      counters: {
        messages_sent: 10,
        deliveries_expected: 100,
        deliveries_received: 100,
        ...change.counters,
      },
      onTheWay,
      uncertain,
      optionalS,
      histograms: { 'message_delivery{basis:service}': latencies([100, ms]) },
    })),
  )
  return checkOf('little', { seconds, counters: seconds.at(-1)?.counters ?? evidence().counters, isDrained })
}

describe('the check of Little’s law', () => {
  // 100 deliveries a second of 50 ms are 5 on their way.
  it.each([
    [5, 0, 'ok'],
    [5.26, 0.0494, 'ok'],
    [5.27, 0.0512, 'suspect'],
    [4.77, 0.0482, 'ok'],
    [4.75, 0.0526, 'suspect'],
    [5.55, 0.0991, 'suspect'],
    [5.56, 0.1007, 'invalid'],
    [2.5, 1, 'invalid'],
  ] as const)('holds %d on their way against 5 by their service times: %d, %s', (onTheWay, value, status) => {
    expect(littleOf(50, onTheWay)).toMatchObject({
      value: expect.closeTo(value, 4) as number,
      limit: 0.05,
      status,
    })
  })

  it('finds a histogram that lacks what was on its way', () => {
    // Every fifth delivery was on its way and counted as received, and is in no histogram.
    const { status, note } = littleOf(40, 5)
    expect(status).toBe('invalid')
    expect(note).toBe('sampled 50 delivery-seconds, by service times 40')
  })

  it('allows what sampling cannot tell: three standard errors, and the half tick of 50 ms', () => {
    // Ten seconds, each known to ± 0.5: ± 1.58 of 56 or 52, three of which are 8.47 or 9.12 %.
    expect(littleOf(50, 5.6, { uncertain: 0.5 })).toMatchObject({ limit: 0.0947, status: 'suspect' })
    expect(littleOf(50, 5.2, { uncertain: 0.5 })).toMatchObject({ limit: 0.1012, status: 'ok' })
  })

  it('allows half a timer tick of each service time', () => {
    expect(littleOf(2, 0.2)).toMatchObject({ limit: 0.25, status: 'ok' })
    expect(littleOf(2, 0.26).status).toBe('ok')
    expect(littleOf(2, 0.27)).toMatchObject({ value: expect.closeTo(0.2593, 3) as number, status: 'suspect' })
  })

  it('counts copies that need not have come as timed, not as on their way', () => {
    // Of 100 timed copies in a second 20 were optional: 80 × 50 ms are 4 on their way.
    const counters = { deliveries_expected: 80, deliveries_received: 80 }
    expect(littleOf(50, 4, { counters, optionalS: 1 })).toMatchObject({ value: 0, status: 'ok' })
  })

  it('is not misled by copies that need not have come and took far longer than the others', () => {
    // 100 timed copies of 50 ms in the mean: 90 of 10 ms, which were owed, and 10 of 410 ms, which were not.
    const counters = { deliveries_expected: 90, deliveries_received: 90 }
    expect(littleOf(50, 0.9, { counters, optionalS: 4.1 })).toMatchObject({
      value: expect.closeTo(0, 6) as number,
      status: 'ok',
    })
  })

  it.each([
    ['nothing was on its way', littleOf(50, 0), /no delivery/],
    ['the run did not end empty', littleOf(50, 5, { isDrained: false }), /did not end empty/],
    ['calls failed', littleOf(50, 5, { counters: { messages_rejected: 1 } }), /calls failed/],
    ['it cannot be sampled', littleOf(50, 5, { uncertain: 3 }), /known to ± 58 %/],
    ['timers are too coarse', littleOf(0.9, 0.09), /known to ± 56 %/],
  ])('does not judge when %s', (_, check, note) => {
    expect(check).toMatchObject({ status: 'ok', isJudged: false })
    expect(check.note).toMatch(note)
    expect(check.proposal).toBeUndefined()
  })
})

describe('counting at moments of chance', () => {
  /** Ten deliveries each 25 ms, on their way for 20 to 22 ms: how many at a moment, and the truth over so many seconds. */
  const messages = Array.from({ length: 400 }, (_, i) => i * 25)
  const onTheWayAt = (ms: number): number =>
    messages.reduce(
      (sum, at) =>
        sum +
        (ms < at || ms > at + 22
          ? 0
          : Array.from({ length: 10 }, (_, d) => at + 20 + d / 5).filter((end) => end > ms).length),
      0,
    )
  const spanMs = 10_100
  const truth = 400 * Array.from({ length: 10 }, (_, d) => 20 + d / 5).reduce((sum, ms) => sum + ms, 0)
  /** The area counted at these gaps, and its standard error. */
  const counted = (gapMs: () => number): { area: number; error: number } => {
    let area = 0
    let variance = 0
    for (let at = 0, before = onTheWayAt(0); at < spanMs;) {
      const next = Math.min(spanMs, at + gapMs())
      const now = onTheWayAt(next)
      const part = inFlightBetween(before, now, next - at)
      area += part.areaUs
      variance += part.varianceUs2
      at = next
      before = now
    }
    return { area, error: Math.sqrt(variance) }
  }
  const seeded = (seed: number): (() => number) => {
    let state = seed
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  }

  it('finds the area to within what it says it does not know', () => {
    const runs = Array.from({ length: 40 }, (_, i) => {
      const random = seeded(1_000 + 77 * i)
      return counted(() => -Math.log(1 - random()) * 10)
    })
    const errors = runs.map(({ area, error }) => (area - truth) / error)
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(3)
    // Neither too small a claim nor too large a one, and no bias.
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / 40)).toBeGreaterThan(0.3)
    expect(runs.reduce((sum, { area }) => sum + area, 0) / 40 / truth).toBeCloseTo(1, 1)
    for (const { area, error } of runs) expect(error / area).toBeLessThan(0.06)
  })

  it('would find all or nothing at even gaps, in step with those who send', () => {
    expect(counted(() => 25).area / truth).toBeGreaterThan(1.15)
    expect(counted(() => 12.5).area / truth).toBeGreaterThan(1.15)
  })
})
