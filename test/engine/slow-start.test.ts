import { describe, expect, it } from 'vitest'
import type { Histogram } from '../../src/measure/histogram.ts'
import type { ValidityCheck } from '../../src/measure/result.ts'
import { checkOf, latencies, scenarioOf, secondsOf } from './evidence.ts'

/** A run whose first activity starts at 1 s; the latencies of the twelve seconds from then on. */
function slowStartOf(
  seconds: (n: number) => Histogram,
  options: { warmUp?: string; sent?: number } = {},
): ValidityCheck {
  const { warmUp = '0s', sent = 40 } = options
  return checkOf('warm-up', {
    scenario: scenarioOf({ warmUp }),
    seconds: secondsOf([
      {},
      ...Array.from({ length: 12 }, (_, n) => ({
        counters: { messages_sent: sent },
        histograms: { message_delivery: seconds(n) },
      })),
      {},
    ]),
  })
}

describe('the check of a slow start', () => {
  // Twelve seconds: the first tenth are two.
  it.each([
    ['as fast as the rest', 10, 10, 'ok'],
    ['twice as slow as 10 ms', 20, 10, 'ok'],
    ['slower than twice 10 ms', 20.1, 10, 'suspect'],
    ['5 ms above 1 ms', 6, 1, 'ok'],
    ['more than 5 ms above 1 ms', 6.1, 1, 'suspect'],
    ['faster than the rest', 5, 60, 'ok'],
  ] as const)('is %s', (_, startMs, restMs, status) => {
    const check = slowStartOf((n) => latencies([400, n < 2 ? startMs : restMs]))
    expect(check).toMatchObject({ value: expect.closeTo(startMs, 0) as number, status })
  })

  it('proposes a warm-up that ends where the start does', () => {
    const settling = [200, 120, 80, 60, 25, 15, 10, 40]
    const check = slowStartOf((n) => latencies([400, settling[n] ?? 10]))
    // The second half has a p99 of 40 ms: the third second lies at twice that.
    expect(check).toMatchObject({ limit: expect.closeTo(80, 0) as number, proposal: "use warmUp: '2s'" })
    // A later slow second is no part of the start.
    const hiccup = slowStartOf((n) => latencies([400, n < 3 || n === 5 ? 300 : 10]))
    expect(hiccup).toMatchObject({ status: 'suspect', proposal: "use warmUp: '3s'" })
  })

  it('lets a start pass that the figures of the run do not show', () => {
    // 1.5 % of the two first seconds are slow, 0.25 % of all.
    const check = slowStartOf((n) => latencies([394, 10], [6, n < 2 ? 100 : 10]))
    expect(check).toMatchObject({ value: expect.closeTo(100, 0) as number, status: 'ok' })
    expect(check.note).toMatch(/not moved/)
  })

  it('looks at what comes after the warm-up', () => {
    const cold = (n: number): Histogram => latencies([400, n < 4 ? 300 : 10])
    expect(slowStartOf(cold)).toMatchObject({ status: 'suspect', proposal: "use warmUp: '4s'" })
    expect(slowStartOf(cold, { warmUp: '3s' }).proposal).toBe("use warmUp: '4s'")
    expect(slowStartOf(cold, { warmUp: '4s' })).toMatchObject({
      value: expect.closeTo(10, 0) as number,
      status: 'ok',
    })
  })

  it.each([
    ['too few messages', 4, 400],
    ['too few deliveries', 40, 40],
  ])('does not judge %s', (_, sent, deliveries) => {
    const check = slowStartOf((n) => latencies([deliveries, n < 2 ? 300 : 10]), { sent })
    expect(check).toMatchObject({ status: 'ok', isJudged: false })
  })
})
