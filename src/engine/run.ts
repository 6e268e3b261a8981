import { randomInt } from 'node:crypto'
import type { TokenPlan } from '../chat/tokens.ts'
import { nowUs } from '../clock.ts'
import { Findings } from '../measure/findings.ts'
import type { Histogram } from '../measure/histogram.ts'
import type { Echo } from '../measure/ledger.ts'
import { MergedMetrics, mergeHistograms } from '../measure/metrics.ts'
import type { RunResult } from '../measure/result.ts'
import { RUN_LENGTH } from '../measure/token.ts'
import type { Overrides } from '../scenario/complete.ts'
import type { Scenario, Threshold } from '../scenario/scenario.ts'
import { judgeThreshold, type MetricValues, type ThresholdOutcome } from '../scenario/thresholds.ts'
import type { DriverName, TlsOptions } from '../stomp/client.ts'
import type { ShardOrder, ShardReport } from './protocol.ts'
import { resultOf } from './result.ts'
import { startShards } from './shards.ts'
import { mergeTicks, type Second } from './timeline.ts'

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
  echo: Echo
  workers: number
  /** For the result's environment. */
  target: { isOwn: boolean; broker: string; faults: string[] }
  command: string
  rooms: number
  /** Hears every second of the run, once all shards have reported it. */
  onSecond: (second: Second, soFar: Standing) => void
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
  const seconds: Second[] = []
  const trends: Record<string, Histogram> = {}
  let stoppedBy: RunResult['run']['stoppedBy'] = 'plan'

  const shards = startShards(ordersOf(request), (number, ticks) => {
    const second = mergeTicks(number, ticks, scenario.users)
    seconds.push(second)
    mergeHistograms(trends, second.histograms)
    const elapsedSeconds = Math.min(number, scenario.durationMs / 1e3)
    const values = valuesOf(second.counters, second.labelled, trends, elapsedSeconds)
    const thresholds = scenario.thresholds.map((threshold) => judgeThreshold(threshold, values))
    const isPlanOver = number * 1e3 >= scenario.durationMs
    if (!isPlanOver && thresholds.some((outcome) => isAborting(outcome, number))) stop('threshold')
    request.onSecond(second, { trends, thresholds })
  })
  const stop = (by: RunResult['run']['stoppedBy']): void => {
    if (stoppedBy === 'plan') stoppedBy = by
    shards.stop()
  }

  await shards.ready
  if (request.signal.aborted) stop('signal')
  else request.signal.addEventListener('abort', () => stop('signal'), { once: true })
  // A moment ahead, so that every shard hears of it before it comes.
  const startUs = nowUs() + 100_000
  const startedAt = new Date(Date.now() + 100)
  shards.start(startUs)
  const isDrained = await shards.settled
  const endedUs = nowUs()
  const reports = await shards.finish()
  if (shards.deaths.length > 0) stoppedBy = 'fault'

  const merged = mergeReports(reports)
  for (const death of shards.deaths) merged.findings.error('worker died', death, (endedUs - startUs) / 1e3)
  const elapsedSeconds = Math.min((endedUs - startUs) / 1e6, scenario.durationMs / 1e3)
  const { counters, labelled } = merged.metrics
  const values = valuesOf(counters, labelled, merged.metrics.trends, elapsedSeconds)
  return resultOf({
    request,
    startedAt,
    endedAt: new Date(startedAt.getTime() + (endedUs - startUs) / 1e3),
    elapsedSeconds,
    stoppedBy,
    isDrained,
    reports,
    merged,
    seconds,
    thresholds: scenario.thresholds.map((threshold) => judgeThreshold(threshold, values)),
  })
}

/** The shards' reports added up. */
export interface Merged {
  metrics: MergedMetrics
  findings: Findings
}

// --- internal ---

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
    echo,
  }))
}

function mergeReports(reports: readonly ShardReport[]): Merged {
  const merged = { metrics: new MergedMetrics(), findings: new Findings() }
  for (const report of reports) {
    merged.metrics.add(report.metrics)
    merged.findings.add(report.findings)
  }
  return merged
}

function valuesOf(
  counters: Readonly<Record<string, number>>,
  labelled: Readonly<Record<string, number>>,
  trends: Readonly<Record<string, Histogram>>,
  elapsedSeconds: number,
): MetricValues {
  return {
    elapsedSeconds,
    // A labelled counter that never moved is 0, not absent.
    counter: (metric) =>
      counters[metric] ?? (baseOf(metric) in counters ? (labelled[metric] ?? 0) : undefined),
    percentile: (metric, percentile) => {
      const trend = trends[metric]
      if (trend === undefined || trend.count === 0) return undefined
      return { us: trend.valueAt(percentile), isCensored: trend.isCensoredAt(percentile) }
    },
    summary: (metric) => {
      const trend = trends[metric]
      if (trend === undefined || trend.count === 0) return undefined
      return { minUs: trend.minUs, maxUs: trend.maxUs, meanUs: trend.meanUs, count: trend.count }
    },
  }
}

/** The name without its label: `dropped_iterations` of `dropped_iterations{reason:busy}`. */
function baseOf(metric: string): string {
  return metric.replace(/\{.*$/, '')
}

function isAborting(
  { threshold, status }: { threshold: Threshold; status: string },
  second: number,
): boolean {
  return threshold.abortOnFail && status === 'fail' && second * 1e3 >= threshold.delayAbortEvalMs
}
