import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../src/capacity/outcome.ts'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult, TrendSummary } from '../../src/measure/result.ts'
import { healthyResult } from '../report/fixture.ts'
import { objective, P99 } from './searching.ts'

/** A step's result: healthy but for what is changed. */
function result(change: (healthy: RunResult) => void = () => {}): RunResult {
  const healthy = healthyResult()
  healthy.plan.activities = [
    { name: 'chat', executor: 'constant-arrival-rate', exec: ['say'], planned: healthy.counters.iterations },
  ]
  change(healthy)
  return healthy
}

/** With p99 of deliveries at so many ms. */
function slow(ms: number): (healthy: RunResult) => void {
  return ({ thresholds }) => {
    const [row] = thresholds
    if (row !== undefined) row.observed = ms
  }
}

/** With a check of the generator that does not hold. */
function unfit(id: string, status: 'suspect' | 'invalid' = 'invalid'): (healthy: RunResult) => void {
  return (healthy) => {
    healthy.validity.status = status
    const check = healthy.validity.checks.find((each) => each.id === id)
    if (check === undefined)
      healthy.validity.checks.push({ id, says: id, value: 9, limit: 1, unit: 'count', status, note: 'noted' })
    else Object.assign(check, { value: 65, status })
  }
}

const both =
  (...changes: ((healthy: RunResult) => void)[]) =>
  (healthy: RunResult) => {
    for (const change of changes) change(healthy)
  }

/** A trend with so many samples of so many ms each. */
function trend(...groups: [count: number, ms: number][]): TrendSummary {
  const histogram = new Histogram(3)
  for (const [count, ms] of groups) for (let i = 0; i < count; i++) histogram.record(ms * 1e3)
  return { ...(healthyResult().trends['message_delivery'] as TrendSummary), histogram: histogram.encode() }
}

/** With starts left out in one second, as a share of those of the run, for this reason. */
function leftOut(share: number, second: number, reason = 'offline'): (healthy: RunResult) => void {
  return ({ counters, labelled, timeline: { columns } }) => {
    const { iterations = [], dropped_iterations: dropped = [] } = columns
    const total = iterations.reduce((sum, count) => sum + count, 0)
    columns['iterations_planned'] = [...iterations]
    const count = Math.round(total * share)
    dropped[second] = count
    counters.dropped_iterations = count
    labelled[`dropped_iterations{reason:${reason}}`] = count
  }
}

const outcome = (change?: (healthy: RunResult) => void, objectives = [P99]): string =>
  outcomeOf(result(change), objectives).outcome
const reasons = (change: (healthy: RunResult) => void): string[] => outcomeOf(result(change), [P99]).reasons

describe('what a step says', () => {
  it('says of which percentiles the true value is what it says or more', () => {
    const censored = (atLeast: string[], isAtLeast: boolean, ms: number) => (healthy: RunResult) => {
      slow(ms)(healthy)
      Object.assign(healthy.trends['message_delivery'] as TrendSummary, { atLeast })
      Object.assign(healthy.thresholds[0] as RunResult['thresholds'][number], { isAtLeast })
    }
    expect(outcomeOf(result(), [P99]).latency?.atLeast).toEqual([])
    const broken = outcomeOf(result(censored(['95', '99', '99.9'], true, 10_000)), [P99])
    expect(broken.latency?.atLeast).toEqual(['99'])
    expect(broken.objectives[0]).toMatchObject({ isAtLeast: true, observed: 10_000, status: 'fail' })
    expect(broken.reasons).toContain('message_delivery:p(99)<250: is at least 10000')
    const open = outcomeOf(result(censored(['50', '99'], true, 100)), [P99])
    expect(open.latency?.atLeast).toEqual(['50', '99'])
    expect(open.objectives[0]).toMatchObject({ isAtLeast: true, status: 'unknown' })
    expect(open).toMatchObject({ outcome: 'fail', isBrokenBeside: true })
    expect(open.reasons[0]).toContain('lies among deliveries that never came, is at least 100')
  })

  it('is a pass where everything holds, with what was observed', () => {
    expect(outcomeOf(result(), [P99])).toMatchObject({
      outcome: 'pass',
      reasons: [],
      objectives: [
        { expression: 'message_delivery:p(99)<250', observed: 12.047, limit: 250, status: 'pass' },
      ],
      validity: 'valid',
      achieved: { lost: 0, errorShare: 0, shareOfPlan: 1 },
    })
  })

  it.each<[string, (healthy: RunResult) => void]>([
    ['a latency beyond its limit', slow(251)],
    ['a loss', ({ ledger }) => (ledger.messages.lost.total = 1)],
    ['a delivery after the timeout', ({ ledger }) => (ledger.messages.late = 1)],
    [
      'more than one call of a thousand that failed',
      ({ counters }) => (counters.http_req_failed = counters.http_reqs * 0.0011),
    ],
    [
      'messages that were rejected',
      ({ counters }) => (counters.messages_rejected = counters.messages_sent * 0.002),
    ],
    ['starts that were left out', leftOut(0.012, 20)],
    ['a backlog that grows', unfit('stationarity', 'suspect')],
    ['calls without an answer', unfit('drained')],
    ['a connection that was closed', ({ counters }) => (counters.connections_lost = 1)],
    ['users without a connection', ({ verdict }) => verdict.reasons.push('users: 3 never had a connection')],
    ['a duplicate', ({ ledger }) => (ledger.messages.duplicated = 1)],
    ['a broken payload', ({ counters }) => (counters.contract_violations = 1)],
  ])('is a failure by %s', (_, change) => {
    expect(outcome(change)).toBe('fail')
    expect(reasons(change)).toHaveLength(1)
  })

  it('lets an objective of the same metric take the place of what is usual', () => {
    const lost = ({ ledger, thresholds }: RunResult): void => {
      ledger.messages.lost.total = 2
      thresholds.push({
        metric: 'deliveries_lost',
        expression: 'count<5',
        observed: 2,
        unit: 'count',
        isAtLeast: false,
        status: 'pass',
      })
    }
    expect(outcome(lost, [P99, objective('deliveries_lost:count<5')])).toBe('pass')
    expect(outcome(lost, [P99])).toBe('fail')
  })

  it('is a pass at exactly a thousandth of failures and 99 % of the plan', () => {
    const exact = result(({ counters, timeline: { columns } }) => {
      counters.http_reqs = 10_000
      counters.http_req_failed = 10
      columns['iterations_planned'] = [400, 600]
      columns['iterations'] = [390, 600]
      columns['dropped_iterations'] = [10, 0]
    })
    expect(outcomeOf(exact, [P99])).toMatchObject({
      outcome: 'pass',
      achieved: { shareOfPlan: 0.99, errorShare: 0.001 },
    })
  })

  it('is a failure where nothing came because everything failed, and a fault where nothing was asked', () => {
    const silent = (healthy: RunResult): void =>
      void Object.assign(healthy.thresholds[0] as object, { observed: null, status: 'unknown' })
    expect(outcome(silent)).toBe('fault')
    const refused = both(silent, ({ counters }) => (counters.http_req_failed = counters.http_reqs))
    expect(outcome(refused)).toBe('fail')
    expect(reasons(refused).join('; ')).toContain('100 % of the calls failed')
  })

  it('tells whether something beside the objectives broke', () => {
    const lost = ({ ledger }: RunResult): void => void (ledger.messages.lost.total = 1)
    expect(outcomeOf(result(slow(300)), [P99]).isBrokenBeside).toBe(false)
    expect(outcomeOf(result(both(slow(300), lost)), [P99]).isBrokenBeside).toBe(true)
  })

  it('does not blame the target for users who were busy when the plan wanted them', () => {
    const busy = leftOut(0.03, 20, 'busy')
    expect(outcome(both(busy, unfit('dropped')))).toBe('generator')
    expect(outcome(both(busy, unfit('dropped'), slow(300)))).toBe('fail')
  })

  it('does not hold against a load what the warm-up left out, but says it', () => {
    const withWarmUp = (healthy: RunResult): void => void (healthy.plan.warmUpSeconds = 4.25)
    const first = healthyResult().timeline.columns['iterations']?.findIndex((count) => count > 0) ?? 0
    const early = outcomeOf(result(both(withWarmUp, leftOut(0.05, first + 4))), [P99])
    expect(early).toMatchObject({ outcome: 'pass', achieved: { shareOfPlan: 1 } })
    expect(early.reasons).toEqual(['held although with the warm-up 95 % of the plan was made'])
    expect(outcome(both(withWarmUp, leftOut(0.05, first + 5)))).toBe('fail')
  })

  it.each(['lateness', 'loop-delay', 'cpu'])(
    'holds in spite of a generator that was slow (%s), and says so',
    (id) => {
      const { outcome: said, reasons: why, validity } = outcomeOf(result(unfit(id)), [P99])
      expect([said, validity]).toEqual(['pass', 'invalid'])
      expect(why[0]).toMatch(new RegExp(`^held although the generator was unfit: ${id} 6`))
    },
  )

  it.each(['lateness', 'loop-delay', 'cpu'])(
    'says nothing where the generator was slow (%s) and latencies are beyond',
    (id) => {
      expect(outcome(both(unfit(id), slow(300)))).toBe('generator')
    },
  )

  it.each(['little', 'resources', 'conservation', 'clock'])(
    'says nothing where the books are not right (%s)',
    (id) => {
      expect(outcome(unfit(id))).toBe('generator')
      expect(outcome(both(unfit(id), slow(300)))).toBe('generator')
    },
  )

  it('says nothing where planned starts found their users busy, unless the target was too slow as well', () => {
    expect(outcome(unfit('dropped'))).toBe('generator')
    expect(outcome(both(unfit('dropped'), slow(300)))).toBe('fail')
  })

  it('says nothing where calls waited for connections of ours and latencies are beyond', () => {
    const waits = ({ labelled }: RunResult): void => void (labelled['generator_waits'] = 40)
    expect(outcome(both(unfit('resources', 'suspect'), waits, slow(300)))).toBe('generator')
    expect(outcome(both(unfit('resources', 'suspect'), waits))).toBe('pass')
  })

  it('blames the target for what a generator that is some milliseconds late has no part in', () => {
    const late = (value: number) => (healthy: RunResult) => {
      unfit('lateness')(healthy)
      for (const check of healthy.validity.checks) if (check.id === 'lateness') check.value = value
    }
    const offline = leftOut(0.03, 20)
    expect(outcome(both(late(60), offline))).toBe('fail')
    expect(reasons(both(late(60), offline))).toEqual([
      expect.stringMatching(
        /of the plan was made, 99 % must be; \d+ times in this run a user was not connected/,
      ),
    ])
    expect(outcome(both(late(1_001), offline))).toBe('generator')
    expect(outcome(both(late(60), slow(300)))).toBe('generator')
    expect(outcome(both(late(60), unfit('cpu'), offline))).toBe('generator')
  })

  it('does not let a slow start alone count against a pass', () => {
    expect(outcome(unfit('warm-up', 'suspect'))).toBe('pass')
  })

  it('blames the target where its part alone is beyond the limit: service time at p98, less the lateness at p99', () => {
    const parts = (serviceMs: number, lateMs: number) => (healthy: RunResult) => {
      // Of a hundred services three are slow; of a hundred starts two are late.
      healthy.trends['message_delivery{basis:service}'] = trend([970, 10], [30, serviceMs])
      healthy.trends['generator_lateness'] = trend([980, 0.5], [20, lateMs])
    }
    expect(outcome(both(unfit('lateness'), slow(400), parts(400, 100)))).toBe('fail')
    expect(outcome(both(unfit('lateness'), slow(400), parts(400, 160)))).toBe('generator')
    // Slow services that the late starts could explain by themselves are no proof.
    const few = (healthy: RunResult): void => {
      healthy.trends['message_delivery{basis:service}'] = trend([985, 10], [15, 400])
      healthy.trends['generator_lateness'] = trend([980, 0.5], [20, 1])
    }
    expect(outcome(both(unfit('lateness'), slow(400), few))).toBe('generator')
  })

  it('is a fault where the run was cut short, where the scenario threw, and where nothing was measured', () => {
    expect(outcome(({ run }) => (run.stoppedBy = 'fault'))).toBe('fault')
    expect(
      outcome(({ verdict }) =>
        verdict.reasons.push("3 iteration(s) ended in an exception of the scenario's own code"),
      ),
    ).toBe('fault')
    expect(outcome(({ thresholds }) => void thresholds.splice(0))).toBe('fault')
  })

  it('takes a percentile among the timeouts for a pass where more is wanted', () => {
    const slowest = objective('message_delivery:p(99)>5')
    const atLeast = ({ thresholds }: RunResult): void => {
      const [row] = thresholds
      if (row !== undefined) Object.assign(row, { expression: 'p(99)>5', isAtLeast: true })
    }
    expect(outcomeOf(result(atLeast), [slowest]).objectives[0]).toMatchObject({
      isAtLeast: true,
      status: 'pass',
    })
  })

  it('takes a percentile among the timeouts for no pass', () => {
    const atLeast = ({ thresholds }: RunResult): void => {
      const [row] = thresholds
      if (row !== undefined) row.isAtLeast = true
    }
    expect(outcomeOf(result(atLeast), [P99]).objectives[0]?.status).toBe('unknown')
  })
})
