import { randomInt } from 'node:crypto'
import { loadContract } from '../chat/contract.ts'
import type { TokenPlan } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import type { DriftReport } from '../measure/conformance.ts'
import { newDrift, SAMPLE } from '../measure/drift.ts'
import type { Histogram } from '../measure/histogram.ts'
import type { Echo } from '../measure/ledger.ts'
import { MergedMetrics } from '../measure/metrics.ts'
import type { RunResult } from '../measure/result.ts'
import { RUN_LENGTH } from '../measure/token.ts'
import type { Overrides } from '../scenario/complete.ts'
import type { Scenario, Threshold } from '../scenario/scenario.ts'
import { measuredFromMs } from '../scenario/span.ts'
import { judgeThreshold, type ThresholdOutcome } from '../scenario/thresholds.ts'
import type { DriverName, TlsOptions } from '../stomp/client.ts'
import { addAccounts } from './account.ts'
import { type NoteEvent, type RunEvent, startEvent } from './events.ts'
import { headerOf } from './header.ts'
import type { ShardOrder, ShardReport } from './protocol.ts'
import { type Death, healthOf, toldBy } from './rebuild.ts'
import { resultOf, type RunEvidence } from './result.ts'
import { startShards } from './shards.ts'
import { addLatencies, mergeTicks, type Second } from './timeline.ts'
import { valuesOf } from './values.ts'

/** What to run, against what, from where. */
export interface RunRequest {
  scenario: Scenario
  overrides: Overrides
  /** Base URL of the chat API; undefined for scenarios that speak STOMP only. */
  apiUrl: string | undefined
  stompUrl: string | undefined
  driver: DriverName
  tokens: TokenPlan
  tls: TlsOptions
  contractDir: string | undefined
  /** Hosts beside loopback that users may connect to. */
  allowedHosts: readonly string[]
  sourceAddresses: readonly string[]
  /** Most connections to the API at once and worker, where descriptors are short. */
  apiConnections?: number | undefined
  echo: Echo
  workers: number
  /** For the result's environment. */
  target: Pick<RunResult['environment']['target'], 'isOwn' | 'broker' | 'faults' | 'behaviour'>
  command: string
  rooms: number
  /** Hears every second of the run, once all shards have reported it. */
  onSecond: (second: Second, soFar: Standing) => void
  /** Hears everything from which the result could be rebuilt, as it happens; nothing before the run has started. */
  onEvent?: (event: RunEvent) => void
  /** Ends the run early: users leave in good order and the result is marked partial. */
  signal: AbortSignal
}

/** The whole run up to a second: what live displays and aborting thresholds look at. 2-digit percentiles. */
export interface Standing {
  trends: Record<string, Histogram>
  thresholds: ThresholdOutcome[]
}

/**
 * Runs a scenario: starts the shards, lets them go at one moment, adds up their seconds, judges the sum.
 * A target that fails is in the result; only a run that could not begin throws.
 */
export async function run(request: RunRequest): Promise<RunResult> {
  const { scenario } = request
  const { durationMs } = scenario
  const seconds: Second[] = []
  const trends: Record<string, Histogram> = {}
  const deaths: Death[] = []
  let stoppedBy: RunResult['run']['stoppedBy'] = 'plan'
  let startUs = Number.POSITIVE_INFINITY
  const elapsedMs = (): number => (nowUs() - startUs) / 1e3
  const note = (what: NoteEvent['what'], text: string, noted = elapsedMs()): void => {
    const atMs = Math.round(noted)
    if (Number.isFinite(atMs)) request.onEvent?.({ kind: 'note', atMs: Math.max(0, atMs), what, text })
  }
  const stop = (by: 'signal' | 'threshold', why: string): void => {
    // A run whose plan is over is whole: what is left of it is to settle what was sent.
    const isLate = elapsedMs() >= durationMs
    note(by, isLate ? `${why}, after the planned end` : why)
    if (stoppedBy === 'plan' && !isLate) stoppedBy = by
    shards.stop()
  }

  const shards = startShards(ordersOf(request), {
    onSecond: (number, ticks) => {
      const second = mergeTicks(number, ticks, scenario.users)
      seconds.push(second)
      request.onEvent?.({ kind: 'second', ...second })
      addLatencies(trends, second, scenario)
      const elapsedSeconds = Math.min(number, durationMs / 1e3)
      const values = valuesOf(second.counters, second.labelled, trends, elapsedSeconds)
      const thresholds = scenario.thresholds.map((threshold) => judgeThreshold(threshold, values))
      const broken = thresholds.find((outcome) => isAborting(outcome, number))
      if (broken !== undefined && stoppedBy === 'plan' && number * 1e3 < durationMs) {
        stop('threshold', `${broken.threshold.metric} ${broken.threshold.expression}`)
      }
      request.onSecond(second, { trends, thresholds })
    },
    onDeath: (_, reason) => {
      // One moment, in the result as in the events.
      const atMs = elapsedMs()
      deaths.push({ reason, atMs })
      note('worker died', reason, atMs)
    },
  })

  const contractDigest = await shards.ready
  const onSignal = (): void => stop('signal', 'stopped by a signal')
  // A moment ahead, so that every shard hears of it before it comes.
  startUs = nowUs() + 100_000
  const startedAt = new Date(Date.now() + 100)
  const header = headerOf(request, startedAt, contractDigest)
  request.onEvent?.(startEvent(header))
  shards.start(startUs, durationMs)
  if (request.signal.aborted) onSignal()
  else request.signal.addEventListener('abort', onSignal, { once: true })
  const isDrained = await shards.settled
  const endedMs = elapsedMs()
  const reports = await shards.finish()
  request.signal.removeEventListener('abort', onSignal)
  if (deaths.length > 0) stoppedBy = 'fault'

  // What a worker that died had counted stands in the seconds alone.
  const told = deaths.length > 0 ? toldBy(seconds, trends, deaths) : toldByReports(living(reports))
  const elapsedSeconds = Math.min(endedMs, durationMs) / 1e3
  const { counters, labelled } = told.metrics
  const values = valuesOf(counters, labelled, told.metrics.trends, elapsedSeconds)
  return resultOf({
    header,
    endedAt: new Date(startedAt.getTime() + endedMs),
    elapsedSeconds,
    stoppedBy,
    isDrained,
    ...told,
    contractDrift: driftOf(request, living(reports)),
    users: {
      neverUp: sumOf(living(reports), ({ users }) => users.neverUp),
      downAtEnd: sumOf(living(reports), ({ users }) => users.downAtEnd),
    },
    generator: reports.map((report, shard) => ({
      shard,
      ...(report?.health ?? healthOf(seconds, shard, measuredFromMs(scenario), durationMs)),
    })),
    seconds,
    thresholds: scenario.thresholds.map((threshold) => judgeThreshold(threshold, values)),
  })
}

// --- internal ---

/** What all shards saw of the contract. An application without the chat API has none. */
function driftOf({ apiUrl, contractDir }: RunRequest, reports: readonly ShardReport[]): DriftReport | null {
  if (apiUrl === undefined || reports.length === 0) return null
  const whole = newDrift(loadContract(contractDir).shapes, { oneIn: SAMPLE.oneIn })
  for (const { drift } of reports) whole.add(drift)
  return whole.report()
}

function ordersOf(request: RunRequest): ShardOrder[] {
  const {
    scenario,
    overrides,
    apiUrl,
    driver,
    tokens,
    tls,
    contractDir,
    allowedHosts,
    sourceAddresses,
    apiConnections,
    echo,
    workers,
  } = request
  const runCode = randomInt(36 ** RUN_LENGTH)
    .toString(36)
    .padStart(RUN_LENGTH, '0')
  return Array.from({ length: workers }, (_, index) => ({
    index,
    shards: workers,
    scenarioFile: scenario.source,
    overrides,
    runCode,
    apiUrl,
    driver,
    tokens,
    tls,
    contractDir,
    allowedHosts,
    sourceAddresses,
    apiConnections,
    echo,
  }))
}

/** The shards' reports added up. Each has settled everything: nothing is pending. */
function toldByReports(
  reports: readonly ShardReport[],
): Pick<RunEvidence, 'metrics' | 'account' | 'pendingMessages'> {
  const metrics = new MergedMetrics()
  for (const report of reports) metrics.add(report.metrics)
  return { metrics, account: addAccounts(reports), pendingMessages: 0 }
}

function living(reports: readonly (ShardReport | undefined)[]): ShardReport[] {
  return reports.filter((report) => report !== undefined)
}

function sumOf<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0)
}

function isAborting(
  { threshold, status }: { threshold: Threshold; status: string },
  second: number,
): boolean {
  return threshold.abortOnFail && status === 'fail' && second * 1e3 >= threshold.delayAbortEvalMs
}
