import { EXIT } from '../errors.ts'
import type { RunResult, ValidityCheck } from '../measure/result.ts'
import type { ThresholdOutcome } from '../scenario/thresholds.ts'

/** What the verdict is made of. */
export interface VerdictEvidence {
  validity: RunResult['validity']
  ledger: RunResult['ledger']
  counters: RunResult['counters']
  violations: RunResult['violations']
  thresholds: readonly ThresholdOutcome[]
  stoppedBy: RunResult['run']['stoppedBy']
  scenarioExceptions: number
  users: { neverUp: number; downAtEnd: number }
}

/**
 * What the run says about the target. A saturated generator is never blamed on the target, and a run in which nothing
 * was owed is never green. A threshold on one of the ledger's counters replaces its default of zero.
 */
export function judge(evidence: VerdictEvidence): RunResult['verdict'] {
  const { validity, ledger, thresholds, stoppedBy } = evidence
  const failed = thresholds.filter(({ status }) => status === 'fail').map(thresholdReason)
  // What a stalled generator cannot cause: nobody receives a message twice because we are slow.
  const certain = certainFaults(evidence)
  const blamable = [...lossFaults(evidence), ...unconnected(evidence)]
  const invalid = validity.checks.filter(({ status }) => status === 'invalid')
  const starved = invalid.filter(({ id }) => GENERATOR_CHECKS.has(id)).map(validityReason)
  const unknown = thresholds
    .filter(({ status }) => status === 'unknown')
    .map(({ threshold }) => `${threshold.metric} ${threshold.expression}: nothing was measured`)
  const nothing =
    ledger.messages.expected === 0 && (ledger.messages.sent > 0 || evidence.counters.ws_msgs_received === 0)
      ? ['nothing was exercised: no delivery was owed to anybody']
      : []

  const fail = (exitCode: number, reasons: string[]): RunResult['verdict'] => ({
    status: 'fail',
    exitCode,
    reasons,
  })
  if (stoppedBy === 'threshold') return fail(EXIT.thresholdAbort, [...failed, ...certain, ...blamable])
  if (evidence.scenarioExceptions > 0) {
    const reason = `${evidence.scenarioExceptions} iteration(s) ended in an exception of the scenario's own code`
    return fail(EXIT.scenarioException, [reason, ...certain, ...blamable, ...failed])
  }
  const inconclusive = (reasons: string[]): RunResult['verdict'] => ({
    status: 'inconclusive',
    exitCode: EXIT.inconclusive,
    reasons,
  })
  if (stoppedBy === 'fault') {
    // Without the dead worker's news its messages look as if nobody had sent them.
    return inconclusive(['a worker died: the run is incomplete', ...certain, ...blamable, ...failed])
  }
  if (certain.length > 0) return fail(EXIT.delivery, [...certain, ...blamable, ...failed])
  if (stoppedBy === 'signal') {
    return {
      status: 'inconclusive',
      exitCode: EXIT.signal,
      reasons: ['stopped by a signal before its planned end', ...blamable, ...failed],
    }
  }
  if (starved.length > 0) return inconclusive(invalid.map(validityReason))
  if (blamable.length > 0) return fail(EXIT.delivery, [...blamable, ...failed])
  if (invalid.length > 0) return inconclusive(invalid.map(validityReason))
  if (failed.length > 0) return fail(EXIT.threshold, failed)
  if (nothing.length + unknown.length > 0) return inconclusive([...nothing, ...unknown])
  return { status: 'pass', exitCode: EXIT.pass, reasons: [] }
}

// --- internal ---

/** Checks of the generator itself: when one fails, nothing that slowness could cause is the target's fault. */
const GENERATOR_CHECKS: ReadonlySet<string> = new Set([
  'lateness',
  'loop-delay',
  'cpu',
  'resources',
  'conservation',
  'clock',
])

function validityReason({ id, says, value, limit, unit }: ValidityCheck): string {
  const text = (figure: number): string => {
    if (unit === 'share') return `${Math.round(figure * 1e3) / 10} %`
    return unit === 'ms' ? `${Math.round(figure * 10) / 10} ms` : String(figure)
  }
  return `${id} ${text(value)}, limit ${text(limit)}; wanted: ${says}`
}

function certainFaults({
  ledger: { messages },
  counters,
  violations,
  thresholds,
}: VerdictEvidence): string[] {
  const isGated = (metric: string): boolean => thresholds.some(({ threshold }) => threshold.metric === metric)
  const counted: [metric: string, count: number, what: string][] = [
    ['deliveries_duplicated', messages.duplicated, 'received twice'],
    ['deliveries_reordered', messages.reordered, 'overtaken by a later message of the same sender'],
    ['deliveries_leaked', messages.leaked, 'received by someone not entitled'],
    ['deliveries_corrupted', messages.corrupted, 'received with changed content'],
    ['typing_duplicated', counters.typing_duplicated, 'typing events received twice'],
    ['typing_leaked', counters.typing_leaked, 'typing events received by someone not entitled'],
  ]
  const reasons = counted
    .filter(([metric, count]) => count > 0 && !isGated(metric))
    .map(([metric, count, what]) => `${metric}: ${grouped(count)} ${what}`)
  if (counters.contract_violations > 0 && !isGated('contract_violations')) {
    const [first] = violations.toSorted((a, b) => b.count - a.count)
    reasons.push(
      `contract_violations: ${grouped(counters.contract_violations)}, most often ${first?.rule ?? '?'} (${first?.detail ?? ''})`,
    )
  }
  return reasons
}

function lossFaults({ ledger: { messages }, thresholds }: VerdictEvidence): string[] {
  const isGated = (metric: string): boolean => thresholds.some(({ threshold }) => threshold.metric === metric)
  const reasons: string[] = []
  const { total, head, middle, tail } = messages.lost
  if (total > 0 && !isGated('deliveries_lost')) {
    reasons.push(
      `deliveries_lost: ${grouped(total)} of ${grouped(messages.expected)} (head ${head}, middle ${middle}, tail ${tail})`,
    )
  }
  if (messages.late > 0 && !isGated('deliveries_late')) {
    reasons.push(`deliveries_late: ${grouped(messages.late)} came after the delivery timeout`)
  }
  return reasons
}

function unconnected({ users, counters, thresholds }: VerdictEvidence): string[] {
  const reasons: string[] = []
  if (users.neverUp > 0)
    reasons.push(`users: ${grouped(users.neverUp)} never had a connection with all subscriptions`)
  if (users.downAtEnd > 0)
    reasons.push(`users: ${grouped(users.downAtEnd)} had lost their connection and were not back at the end`)
  if (
    counters.connections_lost > 0 &&
    !thresholds.some(({ threshold }) => threshold.metric === 'connections_lost')
  ) {
    reasons.push(`connections_lost: ${grouped(counters.connections_lost)} were closed by the other side`)
  }
  return reasons
}

function thresholdReason({ threshold, observed, isAtLeast, unit }: ThresholdOutcome): string {
  const value = observed === undefined ? '–' : `${isAtLeast ? '≥ ' : ''}${Math.round(observed * 1e3) / 1e3}`
  return `threshold ${threshold.metric} ${threshold.expression}: is ${value}${unit === 'ms' ? ' ms' : ''}`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
