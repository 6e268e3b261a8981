import { type Counters, emptyCounters } from '../../src/measure/metrics.ts'
import type { Progress } from '../../src/report/terminal/progress.ts'
import { faultyResult } from './fixture.ts'

/** A second of a made-up run in which everything is fine, changed as the test wants. */
export function progressAt(
  second: number,
  change: Partial<Progress> & { count?: Partial<Counters> } = {},
): Progress {
  const { count = {}, ...rest } = change
  const counters: Counters = {
    ...emptyCounters(),
    messages_sent: second * 33,
    deliveries_expected: second * 330 + 12,
    deliveries_received: second * 330,
    ...count,
  }
  return {
    second,
    plannedSeconds: 30,
    usersWanted: 1000,
    users: 1000,
    counters,
    previousCounters:
      second === 1
        ? undefined
        : { ...emptyCounters(), messages_sent: (second - 1) * 33, deliveries_received: (second - 1) * 330 },
    interval: { p50Us: 3_100, p95Us: 9_200, p99Us: 12_400 },
    overall: { p50Us: 2_900, p95Us: 8_800, p99Us: 11_900 },
    pending: 12,
    topErrors: [],
    thresholds: [
      {
        metric: 'message_delivery',
        expression: 'p(99)<250',
        observed: 11.9,
        unit: 'ms',
        isAtLeast: false,
        status: 'pass',
      },
    ],
    health: { loopDelayP99Us: 800, cpuShare: 0.34 },
    ...rest,
  }
}

/** The same with everything that can go wrong. */
export function troubledAt(second: number): Progress {
  const { errors, thresholds } = faultyResult()
  return progressAt(second, {
    count: {
      deliveries_received: second * 330 - 41,
      deliveries_lost: 41,
      contract_violations: 23,
      http_req_failed: 7,
      sessions_failed: 2,
      connections_lost: 1,
      reconnects: 1,
    },
    topErrors: errors,
    thresholds,
    health: { loopDelayP99Us: 48_000, cpuShare: 0.97 },
  })
}
