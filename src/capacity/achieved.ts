import type { CapacityStep } from '../measure/capacity.ts'
import type { RunResult } from '../measure/result.ts'

/** What a step made of its plan. Rates are of the seconds in which activities ran, by the messages that were sent in them. */
export function achievedIn(result: RunResult): CapacityStep['achieved'] {
  const { counters, ledger, plan } = result
  const { fromSecond, toSecond } = activeSeconds(result)
  const seconds = Math.max(1, toSecond - fromSecond)
  const sumOf = (name: string): number =>
    (result.timeline.columns[name] ?? []).slice(fromSecond, toSecond).reduce((sum, value) => sum + value, 0)
  const open = plan.activities.reduce((sum, { planned }) => sum + (planned ?? 0), 0)
  const planned = open > 0 ? open : counters.iterations + counters.dropped_iterations
  return {
    deliveriesPerSecond: sumOf('deliveries_received') / seconds,
    sentPerSecond: sumOf('messages_sent') / seconds,
    shareOfPlan: planned === 0 ? 1 : Math.max(0, 1 - counters.dropped_iterations / planned),
    errorShare: Math.max(
      shareOf(counters.http_req_failed, counters.http_reqs),
      shareOf(counters.messages_rejected + counters.messages_unknown, counters.messages_sent),
    ),
    lost: ledger.messages.lost.total,
  }
}

/** The first and the last second (not included) in which messages were sent, as positions in the timeline. */
export function activeSeconds({ timeline }: Pick<RunResult, 'timeline'>): {
  fromSecond: number
  toSecond: number
} {
  const sent = timeline.columns['messages_sent'] ?? []
  const first = sent.findIndex((count) => count > 0)
  const last = sent.findLastIndex((count) => count > 0)
  if (first < 0) return { fromSecond: 0, toSecond: sent.length }
  // The seconds at both ends are not whole.
  return last - first > 3
    ? { fromSecond: first + 1, toSecond: last }
    : { fromSecond: first, toSecond: last + 1 }
}

// --- internal ---

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
