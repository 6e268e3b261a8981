import { describe, expect, it } from 'vitest'
import type { Threshold } from '../../src/scenario/scenario.ts'
import { judgeThreshold, type MetricValues, parseThreshold } from '../../src/scenario/thresholds.ts'

const values: MetricValues = {
  elapsedSeconds: 20,
  counter: (metric) =>
    ({ http_req_failed: 3, http_reqs: 300, iterations: 400, deliveries_lost: 0, deliveries_expected: 0 })[
      metric
    ],
  percentile: (metric, p) =>
    metric === 'message_delivery' ? { us: p * 1_000, isCensored: p > 98 } : undefined,
  summary: (metric) =>
    metric === 'message_delivery' ? { minUs: 500, maxUs: 99_000, meanUs: 20_000, count: 77 } : undefined,
}

function outcome(metric: string, expression: string) {
  const threshold = parseThreshold(metric, expression, false, 0)
  if (typeof threshold === 'string') throw new Error(threshold)
  const { observed, status, isAtLeast, unit } = judgeThreshold(threshold, values)
  return { observed, status, isAtLeast, unit }
}

describe('thresholds', () => {
  it.each([
    ['message_delivery', 'p(95)<95', { observed: 95, status: 'fail', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'p(95)<=95', { observed: 95, status: 'pass', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'p(99)<1000', { observed: 99, status: 'unknown', isAtLeast: true, unit: 'ms' }],
    ['message_delivery', 'p(99)<50', { observed: 99, status: 'fail', isAtLeast: true, unit: 'ms' }],
    ['message_delivery', 'p(99)>50', { observed: 99, status: 'pass', isAtLeast: true, unit: 'ms' }],
    ['message_delivery', 'med < 50.5', { observed: 50, status: 'pass', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'avg>=20', { observed: 20, status: 'pass', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'min!=0.5', { observed: 0.5, status: 'fail', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'max<99', { observed: 99, status: 'fail', isAtLeast: false, unit: 'ms' }],
    ['message_delivery', 'count>76', { observed: 77, status: 'pass', isAtLeast: false, unit: 'count' }],
    ['http_req_failed', 'rate<0.01', { observed: 0.01, status: 'fail', isAtLeast: false, unit: 'share' }],
    ['http_req_failed', 'count==3', { observed: 3, status: 'pass', isAtLeast: false, unit: 'count' }],
    ['iterations', 'rate>19.9', { observed: 20, status: 'pass', isAtLeast: false, unit: 'per second' }],
  ])('%s %s', (metric, expression, expected) => {
    expect(outcome(metric, expression)).toEqual(expected)
  })

  it('are neither passed nor failed when nothing was measured', () => {
    expect(outcome('typing_delivery', 'p(95)<100')).toMatchObject({ observed: undefined, status: 'unknown' })
    expect(outcome('deliveries_lost', 'rate<0.01')).toMatchObject({ observed: undefined, status: 'unknown' })
  })

  it('may name a sub-metric', () => {
    expect((parseThreshold('http_req_duration{call:connect}', 'p(90)<9', true, 5) as Threshold).metric).toBe(
      'http_req_duration{call:connect}',
    )
  })
})
