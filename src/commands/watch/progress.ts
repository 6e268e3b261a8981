import { thresholdRow } from '../../engine/result.ts'
import type { Standing } from '../../engine/run.ts'
import type { Second } from '../../engine/timeline.ts'
import { Histogram } from '../../measure/histogram.ts'
import type { Progress } from '../../report/terminal/progress.ts'

/** Turns the run's seconds into what live displays show; remembers the second before for rates. */
export function newProgress(plannedSeconds: number): (second: Second, standing: Standing) => Progress {
  let before: Second['counters'] | undefined
  return (second, { trends, thresholds }) => {
    const now = second.histograms['message_delivery']
    const progress: Progress = {
      second: second.second,
      plannedSeconds,
      usersWanted: second.usersWanted,
      users: second.users,
      counters: second.counters,
      previousCounters: before,
      interval: percentilesOf(now === undefined ? undefined : Histogram.decode(now)),
      overall: percentilesOf(trends['message_delivery']),
      pending: second.pending,
      topErrors: second.topErrors,
      thresholds: thresholds.map(thresholdRow),
      health: {
        loopDelayP99Us: Math.max(0, ...second.health.map(({ loopDelayP99Us }) => loopDelayP99Us)),
        cpuShare: Math.max(0, ...second.health.map(({ cpuShare }) => cpuShare)),
      },
    }
    before = second.counters
    return progress
  }
}

// --- internal ---

function percentilesOf(histogram: Histogram | undefined): Progress['overall'] {
  if (histogram === undefined || histogram.count === 0) return undefined
  return { p50Us: histogram.valueAt(50), p95Us: histogram.valueAt(95), p99Us: histogram.valueAt(99) }
}
