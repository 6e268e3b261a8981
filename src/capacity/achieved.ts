import type { CapacityStep } from '../measure/capacity.ts'
import type { RunResult } from '../measure/result.ts'

/** What a step made of its plan. Rates are of the seconds in which activities ran, by the messages that were sent in them. */
export function achievedIn(result: RunResult): CapacityStep['achieved'] {
  const { counters, ledger } = result
  const { fromSecond, toSecond } = activeSeconds(result)
  const seconds = Math.max(1, toSecond - fromSecond)
  const sumOf = (name: string): number =>
    sum((result.timeline.columns[name] ?? []).slice(fromSecond, toSecond))
  return {
    deliveriesPerSecond: sumOf('deliveries_received') / seconds,
    sentPerSecond: sumOf('messages_sent') / seconds,
    shareOfPlan: madeOfPlan(result, measuredFrom(result)),
    errorShare: Math.max(
      shareOf(counters.http_req_failed, counters.http_reqs),
      shareOf(counters.messages_rejected + counters.messages_unknown, counters.messages_sent),
    ),
    lost: ledger.messages.lost.total,
  }
}

/** What was made of the starts planned from the run's second of this position in the timeline on. */
export function madeOfPlan({ plan, timeline: { columns } }: RunResult, from: number): number {
  const { dropped_iterations: dropped = [], iterations = [], iterations_planned: open } = columns
  const isOpen = open !== undefined && plan.activities.some(({ planned }) => (planned ?? 0) > 0)
  const leftOut = sum(dropped.slice(from))
  const planned = isOpen ? sum(open.slice(from)) : sum(iterations.slice(from)) + leftOut
  return planned === 0 ? 1 : Math.max(0, 1 - leftOut / planned)
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

/** The first second after the warm-up, as a position in the timeline: what was not ready before then is not held against the load. */
function measuredFrom({ plan: { warmUpSeconds }, timeline: { columns } }: RunResult): number {
  const starts = columns['iterations_planned'] ?? columns['iterations'] ?? []
  const first = starts.findIndex((count) => count > 0)
  return warmUpSeconds === 0 || first < 0 ? 0 : first + Math.ceil(warmUpSeconds)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
