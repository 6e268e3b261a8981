import type { DriftReport } from '../measure/conformance.ts'
import { type Histogram, PERCENTILES } from '../measure/histogram.ts'
import type { MergedMetrics } from '../measure/metrics.ts'
import {
  type RunResult,
  SCHEMA_NAME,
  SCHEMA_VERSION,
  type ThresholdRow,
  type TrendSummary,
} from '../measure/result.ts'
import type { ThresholdOutcome } from '../scenario/thresholds.ts'
import type { Account } from './account.ts'
import type { RunHeader } from './header.ts'
import { intervalsOf } from './intervals.ts'
import { type Second, timelineOf } from './timeline.ts'
import { judgeValidity } from './validity.ts'
import { areThresholdsJudged, judge } from './verdict.ts'

/** Everything a run knows of itself when its record ends. */
export interface RunEvidence {
  header: RunHeader
  endedAt: Date
  elapsedSeconds: number
  stoppedBy: RunResult['run']['stoppedBy']
  isDrained: boolean
  /** Deliveries neither met nor given up. */
  pendingMessages: number
  metrics: Pick<MergedMetrics, 'counters' | 'labelled' | 'trends'>
  account: Account
  /** Null where no payload was held to the contract, or nobody is left to say. */
  contractDrift: DriftReport | null
  /** Users that the plan wanted and that had no connection at the end. */
  users: { neverUp: number; downAtEnd: number }
  generator: RunResult['generator']
  seconds: readonly Second[]
  thresholds: readonly ThresholdOutcome[]
}

/** Puts a run into its one file. */
export function resultOf(evidence: RunEvidence): RunResult {
  const { header, account, stoppedBy, isDrained, thresholds, generator, seconds } = evidence
  const { scenario, plan, environment } = header
  const { counters, labelled, trends } = evidence.metrics
  const { rules, errors } = account.findings
  const ledger = ledgerOf(evidence)
  const validity = judgeValidity({
    scenario,
    environment,
    counters,
    labelled,
    trends,
    generator,
    seconds,
    isDrained,
    pendingMessages: evidence.pendingMessages,
  })
  const violations = rules.filter(({ kind }) => kind === 'violation').toSorted((a, b) => b.count - a.count)
  return {
    schema: SCHEMA_NAME,
    schemaVersion: SCHEMA_VERSION,
    run: {
      id: header.id,
      kind: 'load',
      startedAt: header.startedAt,
      endedAt: evidence.endedAt.toISOString(),
      durationSeconds: Math.round(evidence.elapsedSeconds * 1e3) / 1e3,
      isPartial: stoppedBy !== 'plan',
      stoppedBy,
      tags: scenario.tags,
      command: header.command,
    },
    plan,
    environment: withBroker(environment, labelled),
    validity,
    verdict: judge({
      validity,
      ledger,
      counters,
      violations,
      thresholds,
      stoppedBy,
      toldSeconds: seconds.at(-1)?.second ?? 0,
      plannedSeconds: plan.durationSeconds,
      scenarioExceptions: account.scenarioExceptions,
      users: evidence.users,
    }),
    thresholds: thresholds.map((outcome) =>
      thresholdRow(
        areThresholdsJudged({ validity, stoppedBy }) ? outcome : { ...outcome, status: 'unknown' },
      ),
    ),
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
    contractDrift: evidence.contractDrift,
    errors: errors.toSorted((a, b) => b.count - a.count),
    timeline: timelineOf(seconds, scenario),
    intervals: intervalsOf(seconds),
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

function ledgerOf({
  metrics: { counters },
  account,
  pendingMessages,
  isDrained,
}: RunEvidence): RunResult['ledger'] {
  return {
    messages: {
      sent: counters.messages_sent,
      rejected: counters.messages_rejected,
      unknown: counters.messages_unknown,
      recovered: account.unknowns.recovered,
      partial: account.unknowns.partial,
      expected: counters.deliveries_expected,
      received: counters.deliveries_received,
      late: counters.deliveries_late,
      lost: { total: counters.deliveries_lost, ...account.lostPlaces },
      pending: pendingMessages,
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
    examples: account.examples,
  }
}

/** With the name by which the broker itself answered, where it did. */
function withBroker(
  environment: RunResult['environment'],
  labelled: Readonly<Record<string, number>>,
): RunResult['environment'] {
  const { target } = environment
  const servers = Object.keys(labelled).map((label) => /^broker\{server:(.*)\}$/.exec(label)?.[1])
  const broker = servers.find((server) => server !== undefined) ?? target.broker
  // The events of a run of an earlier version do not tell the behaviour.
  return { ...environment, target: { ...target, broker, behaviour: target.behaviour ?? null } }
}
