import type { Histogram } from '../measure/histogram.ts'
import type { Counters } from '../measure/metrics.ts'
import type { RunResult, ValidityCheck } from '../measure/result.ts'
import { forBusyUsers, judgeDropped } from './busy-users.ts'
import { atMost, withProposal } from './check.ts'
import type { PlannedScenario } from './header.ts'
import { judgeLittle } from './little.ts'
import { type Load, loadOf } from './load.ts'
import { forWorkers } from './proposal.ts'
import { judgeSlowStart } from './slow-start.ts'
import { judgeStationarity } from './stationarity.ts'
import type { Second } from './timeline.ts'

/** What the checks look at. */
export interface ValidityEvidence {
  scenario: PlannedScenario
  environment: Pick<RunResult['environment'], 'cores' | 'workers'> & { target: { isOwn: boolean } }
  counters: Counters
  labelled: Readonly<Record<string, number>>
  trends: Readonly<Record<string, Histogram>>
  generator: RunResult['generator']
  seconds: readonly Second[]
  isDrained: boolean
  /** Deliveries neither met nor given up when the record ends. */
  pendingMessages: number
}

/**
 * Whether the run may say anything at all: was the generator on time, was something exercised, do the books balance.
 * A check that does not hold proposes a setting that would have. Limits and their reasons: docs/metrics.md, "Validity".
 */
export function judgeValidity(evidence: ValidityEvidence): RunResult['validity'] {
  const load = loadOf(evidence)
  const checks = [
    ...workerChecks(evidence, load),
    withProposal(judgeDropped(evidence), () => forBusyUsers(evidence, load)),
    withProposal(judgeLittle(evidence), () => NO_SETTING),
    judgeStationarity(evidence),
    ...accountChecks(evidence),
    judgeSlowStart(evidence),
  ]
  const worst = checks.some(({ status }) => status === 'invalid')
    ? 'invalid'
    : checks.some(({ status }) => status === 'suspect')
      ? 'suspect'
      : 'valid'
  return { status: worst, checks }
}

// --- internal ---

/** Against dividing by a limit of zero. */
const LEAST_MS = 1e-3
const NO_SETTING =
  'no setting helps: this is a fault of the generator or its clock; keep result.json and report it'

/** Was each worker fast enough? */
function workerChecks({ scenario, trends, generator }: ValidityEvidence, load: Load): ValidityCheck[] {
  const { latenessMs, loopDelayMs, cpuShare } = scenario.validity
  const lateMs = (trends['generator_lateness']?.valueAt(99) ?? 0) / 1e3
  const delayMs = Math.max(0, ...generator.map((worker) => worker.loopDelayP99Us)) / 1e3
  const overrun = {
    delay: Math.max(lateMs / Math.max(latenessMs, LEAST_MS), delayMs / Math.max(loopDelayMs, LEAST_MS)),
    cpu: load.cpuShare / cpuShare,
    loopDelayMs,
  }
  return [
    atMost('lateness', 'work began when it was planned (p99)', lateMs, latenessMs, 'ms'),
    atMost(
      'loop-delay',
      'the generator’s event loop kept up (p99 of its busiest worker)',
      delayMs,
      loopDelayMs,
      'ms',
    ),
    atMost(
      'cpu',
      'the generator had processor time to spare (busiest worker)',
      load.cpuShare,
      cpuShare,
      'share',
    ),
  ].map((check) => withProposal(check, () => forWorkers(load, overrun)))
}

/** Do the books balance, and is everything in them? */
function accountChecks(evidence: ValidityEvidence): ValidityCheck[] {
  const { scenario, counters, labelled, trends, seconds, isDrained, pendingMessages } = evidence
  const settled = counters.deliveries_received + counters.deliveries_late + counters.deliveries_lost
  const refusedIn = (histograms: Readonly<Record<string, { refused: number }>>): number =>
    Object.values(histograms).reduce((sum, { refused }) => sum + refused, 0)
  // The seconds know of the warm-up too: what is refused there is a fault of the clock all the same.
  const bySeconds = seconds.reduce((sum, { histograms }) => sum + refusedIn(histograms), 0)
  const refused = Math.max(refusedIn(trends), bySeconds)
  return [
    withProposal(
      atMost(
        'conservation',
        'expected = received + late + lost + pending, to the delivery',
        Math.abs(counters.deliveries_expected - settled - pendingMessages),
        0,
        'count',
      ),
      () => NO_SETTING,
    ),
    withProposal(
      resources(labelled, counters.http_reqs),
      () =>
        `"stompede doctor -u ${scenario.userCount}" names what ran out and the command that raises it (ulimit -n, or --source-addresses)`,
    ),
    withProposal(atMost('clock', 'no latency was negative', refused, 0, 'count'), () => NO_SETTING),
    withProposal(
      atMost('drained', 'nothing was still on its way at the end', isDrained ? 0 : 1, 0, 'count'),
      () => forUndrained(scenario),
    ),
  ]
}

/**
 * Whether ports and descriptors ran out; or were so short that calls shared connections and waited for each other, which
 * their latencies do not tell from a slow target.
 */
function resources(labelled: Readonly<Record<string, number>>, calls: number): ValidityCheck {
  const waits = labelled['generator_waits'] ?? 0
  const failed = labelled['generator_exhausted'] ?? 0
  const isWaiting = failed === 0 && waits > MOST_WAITING * calls
  const says = 'the generator had ports and file descriptors enough'
  const check = atMost(
    'resources',
    says,
    isWaiting ? waits : failed,
    0,
    'count',
    isWaiting ? 'suspect' : 'invalid',
  )
  if (!isWaiting) return check
  return { ...check, note: `${waits} of ${calls} calls to the API waited for a connection of ours` }
}

/** Share of calls that may wait for one of our own connections. */
const MOST_WAITING = 0.01

/** Deliveries settle by themselves; what does not is a call without an answer, which is tried three times. */
function forUndrained({ timeoutMs }: PlannedScenario): string {
  const drainS = Math.ceil((3 * timeoutMs) / 1e3) + 3
  return `a call was still unanswered: let the run end by itself, with delivery: { drain: '${drainS}s' } (three tries of the timeout and the pauses between them)`
}
