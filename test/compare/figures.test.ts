import { describe, expect, it } from 'vitest'
import { activeSpanOf, figuresOf } from '../../src/compare/figures.ts'
import { encodedOf, madeUpRun } from './synthetic.ts'

describe('the figures of a run', () => {
  it('count deliveries and CPU over the seconds in which messages were sent', () => {
    const result = madeUpRun({ deliveriesPerSecond: 250 })
    expect(activeSpanOf(result)).toEqual({
      fromMs: Date.parse('2026-01-01T00:00:01.000Z'),
      toMs: Date.parse('2026-01-01T00:00:11.000Z'),
      deliveries: 2_500,
      sendingSeconds: 10,
      deliveriesToEnd: 2_500,
    })
    // 0.4 of a core over 10 s are 4 s for 2,500 deliveries.
    expect(figuresOf(result, 0.4).values).toMatchObject({
      deliveries_per_second: 250,
      cpu_per_1000_deliveries: 1.6,
    })
    expect(figuresOf(result, null).values['cpu_per_1000_deliveries']).toBeNull()
  })

  it('leave the warm-up out', () => {
    const result = madeUpRun({ plan: { warmUpSeconds: 2.5 } })
    result.timeline.columns['deliveries_received'] = [0, 900, 900, 900, 10, 10, 10, 10, 10, 10, 10, 5]
    expect(activeSpanOf(result)).toMatchObject({
      sendingSeconds: 7,
      deliveries: 70,
      deliveriesToEnd: 75,
    })
    expect(activeSpanOf(madeUpRun({ plan: { warmUpSeconds: 10 } }))).toBeNull()
  })

  it('have one rate whichever second the last message falls in, and the planned span where it is known', () => {
    const rateOf = (sent: number[], planned?: number[]): number => {
      const result = madeUpRun()
      result.timeline.columns['messages_sent'] = sent
      // Three of everybody get each message, the last ones a second later.
      result.timeline.columns['deliveries_received'] = sent.map((_, i) => 3 * (sent[i - 1] ?? 0))
      if (planned !== undefined) result.timeline.columns['iterations_planned'] = planned
      return figuresOf(result, null).values['deliveries_per_second'] ?? 0
    }
    const [even, late] = [
      [0, 20, 20, 20, 20, 20, 20, 0, 0],
      [0, 20, 20, 20, 20, 20, 19, 1, 0],
    ]
    expect(rateOf(even)).toBe(60)
    // 19 in the second before are no whole second any more, but 1 is a twentieth and not another one.
    expect(rateOf(late)).toBeGreaterThan(59)
    expect(rateOf(late)).toBeLessThan(61)
    expect(rateOf(late, even)).toBe(60)
    // Who stops sending half way has half the rate, not the same one for half of the time.
    expect(rateOf([0, 20, 20, 20, 0, 0, 0, 0, 0], even)).toBe(30)
  })

  it('have no planned span where an activity goes at its users’ own pace', () => {
    const result = madeUpRun({
      plan: { activities: [{ name: 'loop', executor: 'constant-vus', exec: ['loop'], planned: null }] },
    })
    result.timeline.columns['iterations_planned'] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    expect(activeSpanOf(result)?.sendingSeconds).toBe(10)
  })

  it('know whether a threshold ended the run', () => {
    expect(figuresOf(madeUpRun(), null).absolute['aborted_by_threshold']).toBe(0)
    const ended = madeUpRun({ run: { isPartial: true, stoppedBy: 'threshold' } })
    expect(figuresOf(ended, null).absolute['aborted_by_threshold']).toBe(1)
  })

  it('have latencies in ms, and none where nothing was measured', () => {
    expect(figuresOf(madeUpRun({ p50Us: 1_500, p99Us: 118_000 }), null).values).toMatchObject({
      last_delivery_p50: 1.5,
      last_delivery_p99: 118,
      first_delivery_p99: null,
    })
    const silent = madeUpRun()
    silent.trends = {}
    expect(figuresOf(silent, null)).toMatchObject({
      values: { last_delivery_p99: null },
      shiftUs: {},
      messages: 0,
    })
  })

  it('tell a percentile that informs only where ten samples lie beyond it', () => {
    const of = (count: number): ReturnType<typeof figuresOf> => {
      const result = madeUpRun()
      result.trends = { message_last_delivery: encodedOf(Array.from({ length: count }, (_, i) => i + 1)) }
      return figuresOf(result, null)
    }
    expect(of(9_999).values['last_delivery_p999']).toBeNull()
    expect(of(10_000).values['last_delivery_p999']).toBeCloseTo(9.99, 1)
    expect(Object.keys(of(999).shiftUs)).toEqual(['10', '25', '50', '75', '90', '95'])
    expect(Object.keys(of(1_000).shiftUs)).toContain('99')
    // What gates is told in any case: its pairs show how much it scatters.
    expect(of(50).values['last_delivery_p99']).toBeCloseTo(0.05, 2)
  })

  it('doubt a run for what the generator may have done, not for what a slow target looks like', () => {
    const check = (id: string) =>
      ({ id, says: '', value: 2, limit: 1, unit: 'count', status: 'suspect' }) as const
    const result = madeUpRun({
      validity: { status: 'suspect', checks: ['lateness', 'dropped', 'drained', 'stationarity'].map(check) },
    })
    expect(figuresOf(result, null).doubts).toEqual(['lateness'])
  })
})
