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
  /** How far the record reaches, and how long the run was planned to be. */
  toldSeconds: number
  plannedSeconds: number
  scenarioExceptions: number
  users: { neverUp: number; downAtEnd: number }
}

/**
 * What the run says about the target. A saturated generator is never blamed on the target, and a run in which nothing
 * was owed is never green. A threshold on one of the ledger's counters replaces its default of zero.
 */
export function judge(evidence: VerdictEvidence): RunResult['verdict'] {
  const { validity, ledger, thresholds, stoppedBy } = evidence
  const failed = areThresholdsJudged(evidence)
    ? thresholds.filter(({ status }) => status === 'fail').map(thresholdReason)
    : []
  // What a stalled generator cannot cause: nobody receives a message twice because we are slow.
  const certain = certainFaults(evidence)
  const invalid = validity.checks.filter(({ status }) => status === 'invalid')
  const isStarved = isGeneratorUnfit(validity)
  const blamable = isStarved ? [] : [...lossFaults(evidence), ...unconnected(evidence)]
  const overloaded = isStarved ? [] : overload(validity)
  const slow = [...blamable, ...failed, ...overloaded]
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
  const inconclusive = (reasons: string[]): RunResult['verdict'] => ({
    status: 'inconclusive',
    exitCode: EXIT.inconclusive,
    reasons,
  })
  const thrown =
    evidence.scenarioExceptions === 0
      ? []
      : [`${evidence.scenarioExceptions} iteration(s) ended in an exception of the scenario's own code`]
  if (stoppedBy === 'killed') {
    return inconclusive([killedReason(evidence), ...thrown, ...certain, ...slow])
  }
  if (stoppedBy === 'threshold' && !isStarved) {
    return fail(EXIT.thresholdAbort, [...failed, ...certain, ...blamable, ...overloaded])
  }
  if (thrown.length > 0) return fail(EXIT.scenarioException, [...thrown, ...certain, ...slow])
  if (stoppedBy === 'fault') {
    // Without the dead worker's news its messages look as if nobody had sent them.
    return inconclusive(['a worker died: the run is incomplete', ...certain, ...slow])
  }
  if (certain.length > 0) return fail(EXIT.delivery, [...certain, ...slow])
  if (stoppedBy === 'signal') {
    return {
      status: 'inconclusive',
      exitCode: EXIT.signal,
      reasons: ['stopped by a signal before its planned end', ...slow],
    }
  }
  if (isStarved) {
    const aborted = stoppedBy === 'threshold' ? ['a threshold ended it, which such a run cannot judge'] : []
    return inconclusive([...invalid.map(validityReason), ...aborted])
  }
  if (blamable.length > 0) return fail(EXIT.delivery, slow)
  if (invalid.length > 0) return inconclusive(invalid.map(validityReason))
  if (failed.length > 0) return fail(EXIT.threshold, slow)
  const unsure = [...nothing, ...unknown, ...overloaded]
  if (unsure.length > 0) return inconclusive(unsure)
  return { status: 'pass', exitCode: EXIT.pass, reasons: [] }
}

/**
 * Whether thresholds say anything. Not in an invalid run, unless one of them ended it and the generator was fit: what is
 * invalid then is that the run is not whole.
 */
export function areThresholdsJudged({
  validity,
  stoppedBy,
}: Pick<VerdictEvidence, 'validity' | 'stoppedBy'>): boolean {
  return validity.status !== 'invalid' || (stoppedBy === 'threshold' && !isGeneratorUnfit(validity))
}

// --- internal ---

/** Checks of the generator itself: when one fails, nothing that slowness could cause is the target's fault. */
const GENERATOR_CHECKS: ReadonlySet<string> = new Set([
  'lateness',
  'loop-delay',
  'cpu',
  'little',
  'resources',
  'conservation',
  'clock',
])

function isGeneratorUnfit({ checks }: RunResult['validity']): boolean {
  return checks.some(({ id, status }) => status === 'invalid' && GENERATOR_CHECKS.has(id))
}

/** Work piled up under steady load: that thresholds held is then owed to the run's end alone. */
function overload({ checks }: RunResult['validity']): string[] {
  return checks
    .filter(({ id, status }) => id === 'stationarity' && status !== 'ok')
    .map(({ note = '' }) => `overload: ${note}`)
}

function killedReason({ toldSeconds, plannedSeconds, ledger }: VerdictEvidence): string {
  const { pending } = ledger.messages
  const when =
    toldSeconds < plannedSeconds
      ? `${toldSeconds} s into ${plannedSeconds} s`
      : `after its planned ${plannedSeconds} s, before everything was settled`
  const open =
    pending === 0 ? '' : `; ${grouped(pending)} deliveries were on their way, neither received nor lost`
  return `the record of the run ends ${when}: the generator was killed, or could not write on; rebuilt from its events${open}`
}

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
