import { cpus, totalmem, type as osType, release } from 'node:os'
import { createRequire } from 'node:module'
import { type Histogram, PERCENTILES } from '../measure/histogram.ts'
import {
  type RunResult,
  SCHEMA_NAME,
  SCHEMA_VERSION,
  type ThresholdRow,
  type TrendSummary,
} from '../measure/result.ts'
import type { ThresholdOutcome } from '../scenario/thresholds.ts'
import { arrivalCount, type OpenWorkload } from '../scenario/workload.ts'
import { planHash } from './plan.ts'
import type { ShardReport } from './protocol.ts'
import type { Merged, RunRequest } from './run.ts'
import { type Second, timelineOf } from './timeline.ts'
import { judgeValidity } from './validity.ts'
import { judge } from './verdict.ts'

/** Everything a finished run knows of itself. */
export interface RunEvidence {
  request: RunRequest
  startedAt: Date
  endedAt: Date
  elapsedSeconds: number
  stoppedBy: RunResult['run']['stoppedBy']
  isDrained: boolean
  reports: readonly ShardReport[]
  merged: Merged
  seconds: readonly Second[]
  thresholds: readonly ThresholdOutcome[]
}

/** Puts a finished run into its one file. */
export function resultOf(evidence: RunEvidence): RunResult {
  const { request, reports, merged, stoppedBy, thresholds } = evidence
  const { scenario } = request
  const { counters, labelled, trends } = merged.metrics
  const { rules, errors } = merged.findings.encode()
  const generator = reports.map(({ health }, shard) => ({ shard, ...health }))
  const ledger = ledgerOf(evidence)
  const validity = judgeValidity({
    scenario,
    counters,
    labelled,
    trends,
    generator,
    isDrained: evidence.isDrained,
  })
  const violations = rules.filter(({ kind }) => kind === 'violation').toSorted((a, b) => b.count - a.count)
  return {
    schema: SCHEMA_NAME,
    schemaVersion: SCHEMA_VERSION,
    run: {
      id: runId(evidence.startedAt, scenario.name),
      kind: 'load',
      startedAt: evidence.startedAt.toISOString(),
      endedAt: evidence.endedAt.toISOString(),
      durationSeconds: Math.round(evidence.elapsedSeconds * 1e3) / 1e3,
      isPartial: stoppedBy !== 'plan',
      stoppedBy,
      tags: scenario.tags,
      command: request.command,
    },
    plan: planOf(request),
    environment: environmentOf(request, reports, labelled),
    validity,
    verdict: judge({
      validity,
      ledger,
      counters,
      violations,
      thresholds,
      stoppedBy,
      scenarioExceptions: sumOf(reports, ({ scenarioExceptions }) => scenarioExceptions),
      users: {
        neverUp: sumOf(reports, ({ users }) => users.neverUp),
        downAtEnd: sumOf(reports, ({ users }) => users.downAtEnd),
      },
    }),
    thresholds: thresholds.map(thresholdRow),
    counters,
    labelled,
    trends: Object.fromEntries(
      Object.entries(trends)
        .filter(([, trend]) => trend.count + trend.refused > 0)
        .map(([name, trend]) => [name, summaryOf(trend)]),
    ),
    ledger,
    violations,
    drift: rules.filter(({ kind }) => kind === 'drift').toSorted((a, b) => b.count - a.count),
    errors: errors.toSorted((a, b) => b.count - a.count),
    timeline: timelineOf(evidence.seconds),
    generator,
    planted: {},
  }
}

/** A judged threshold as reports show it. */
export function thresholdRow({
  threshold,
  observed,
  unit,
  isAtLeast,
  status,
}: ThresholdOutcome): ThresholdRow {
  const { metric, expression } = threshold
  return { metric, expression, observed: observed ?? null, unit, isAtLeast, status }
}

// --- internal ---

const version = (createRequire(import.meta.url)('../../package.json') as { version: string }).version

/** Sortable by time and readable: `20261122-101530-steady`. */
function runId(startedAt: Date, name: string): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`
}

function planOf({ scenario, rooms }: RunRequest): RunResult['plan'] {
  return {
    scenario: scenario.name,
    description: scenario.description,
    source: scenario.source,
    seed: scenario.seed,
    users: scenario.userCount,
    durationSeconds: scenario.durationMs / 1e3,
    rooms,
    hash: planHash(scenario),
    activities: scenario.activities.map(({ name, workload, exec }) => ({
      name,
      executor: workload.executor,
      exec: exec.map((share) => share.name),
      planned: workload.executor.endsWith('arrival-rate') ? arrivalCount(workload as OpenWorkload) : null,
    })),
  }
}

function environmentOf(
  { scenario, target, apiUrl, stompUrl, driver, workers, contractDir }: RunRequest,
  reports: readonly ShardReport[],
  labelled: Readonly<Record<string, number>>,
): RunResult['environment'] {
  const servers = Object.keys(labelled).map((label) => /^broker\{server:(.*)\}$/.exec(label)?.[1])
  return {
    stompede: version,
    node: process.version,
    os: `${osType()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    workers,
    driver,
    flavour: scenario.flavour,
    target: {
      apiUrl: apiUrl ?? null,
      stompUrl: stompUrl ?? null,
      isOwn: target.isOwn,
      broker: servers.find((server) => server !== undefined) ?? target.broker,
      faults: target.faults,
    },
    contract: { source: contractDir ?? 'built in', digest: reports[0]?.contractDigest ?? '' },
  }
}

function summaryOf(trend: Histogram): TrendSummary {
  return {
    count: trend.count,
    censored: trend.censored,
    refused: trend.refused,
    minUs: trend.count === 0 ? 0 : trend.minUs,
    maxUs: trend.maxUs,
    meanUs: Math.round(trend.meanUs),
    percentilesUs: Object.fromEntries(PERCENTILES.map((p) => [String(p), trend.valueAt(p)])),
    atLeast: PERCENTILES.filter((p) => trend.isCensoredAt(p)).map(String),
    histogram: trend.encode(),
  }
}

function ledgerOf({ merged, reports, isDrained }: RunEvidence): RunResult['ledger'] {
  const { counters } = merged.metrics
  return {
    messages: {
      sent: counters.messages_sent,
      rejected: counters.messages_rejected,
      unknown: counters.messages_unknown,
      recovered: sumOf(reports, ({ unknowns }) => unknowns.recovered),
      partial: sumOf(reports, ({ unknowns }) => unknowns.partial),
      expected: counters.deliveries_expected,
      received: counters.deliveries_received,
      late: counters.deliveries_late,
      lost: {
        total: counters.deliveries_lost,
        head: sumOf(reports, ({ lostPlaces }) => lostPlaces.head),
        middle: sumOf(reports, ({ lostPlaces }) => lostPlaces.middle),
        tail: sumOf(reports, ({ lostPlaces }) => lostPlaces.tail),
      },
      gapLost: counters.deliveries_gap_lost,
      optional: counters.deliveries_optional,
      duplicated: counters.deliveries_duplicated,
      retryDuplicated: counters.deliveries_retry_duplicated,
      reordered: counters.deliveries_reordered,
      leaked: counters.deliveries_leaked,
      corrupted: counters.deliveries_corrupted,
      foreign: counters.deliveries_foreign,
    },
    typing: {
      sent: counters.typing_sent,
      expected: counters.typing_expected,
      received: counters.typing_received,
      lost: counters.typing_lost,
      duplicated: counters.typing_duplicated,
      leaked: counters.typing_leaked,
    },
    isDrained,
    examples: reports.flatMap(({ examples }) => examples).toSorted((a, b) => a.atMs - b.atMs),
  }
}

function sumOf<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0)
}
