import type { ComparedMetric, ComparisonResult, MachineNoise } from '../measure/comparison.ts'
import { LOOKS } from '../statistics/verdict.ts'
import { ABORTED, type AbsoluteCheck, absoluteChecks } from './absolute.ts'
import type { RunFigures } from './figures.ts'
import { judgeMetrics, type PairFigures } from './judge-metrics.ts'
import { judgeStoredMetrics, LEAST_STORED } from './judge-stored.ts'
import type { MetricRule } from './metrics.ts'
import { noiseOf } from './noise.ts'
import { shiftOverPairs, shiftOverRuns } from './shift.ts'
import { headlineOf, verdictOf } from './verdict.ts'

/** The part of a comparison that follows from its runs. */
export type Judged = Pick<
  ComparisonResult,
  'metrics' | 'shift' | 'absolute' | 'noise' | 'advisory' | 'headline' | 'verdict'
>

/** What is judged beside the figures. */
export interface Circumstances {
  rules: readonly MetricRule[]
  /** Of an earlier self-check on the same machine with the same plan. */
  noise: MachineNoise | null
  obstacles: readonly string[]
  isUnknownPassed: boolean
}

/** Judges interleaved pairs. `at` is the moment for the noise of a self-check, ISO 8601. */
export function judgePairs(
  pairs: readonly PairFigures[],
  method: 'pairs' | 'self-check',
  { rules, noise, obstacles, isUnknownPassed }: Circumstances,
  at: string,
): Judged {
  // A run that was cut short has figures of another span.
  const whole = pairs.filter(({ a, b }) => !isAborted(a) && !isAborted(b))
  const metrics = judgeMetrics(rules, whole)
  const [a, b] = [pairs.map((pair) => pair.a), pairs.map((pair) => pair.b)]
  const own = method === 'self-check' ? noiseOf(metrics, whole.length, at) : noise
  const absolute = absoluteChecks(a.map(faultsOf), b.map(faultsOf))
  const isToldWhy = [...obstacles, ...bothAborted(absolute)]
  const evidence = {
    method,
    metrics,
    absolute,
    basis: `${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}`,
    noise: own,
    obstacles: [
      ...(isToldWhy.length > 0 ? isToldWhy : tooFew(whole.length, pairs.length)),
      ...doubtsOf('A', a),
      ...doubtsOf('B', b),
    ],
    advisory: [],
    isUnknownPassed: isUnknownPassed && !isBlind(rules, metrics, ({ change }) => change === null),
  }
  const verdict = verdictOf(evidence)
  return {
    metrics,
    shift: shiftOverPairs(whole),
    absolute,
    noise: own,
    advisory: [],
    headline: headlineOf(evidence, verdict, own),
    verdict,
  }
}

/** Judges results that were there before. `differences` are those of the environments. */
export function judgeStored(
  a: readonly RunFigures[],
  b: readonly RunFigures[],
  differences: readonly string[],
  { rules, noise, obstacles, isUnknownPassed }: Circumstances,
): Judged {
  const whole = { a: a.filter((run) => !isAborted(run)), b: b.filter((run) => !isAborted(run)) }
  const metrics = judgeStoredMetrics(rules, whole.a, whole.b)
  const absolute = absoluteChecks(a.map(faultsOf), b.map(faultsOf))
  const evidence = {
    method: 'stored' as const,
    metrics,
    absolute,
    basis: `${a.length} ${a.length === 1 ? 'run' : 'runs'} against ${b.length}`,
    noise,
    obstacles: [
      ...obstacles,
      ...bothAborted(absolute),
      ...tooFewWhole('A', whole.a.length, a.length),
      ...tooFewWhole('B', whole.b.length, b.length),
      ...doubtsOf('A', a),
      ...doubtsOf('B', b),
    ],
    advisory: advisoryOf(a.length, b.length, differences),
    isUnknownPassed:
      isUnknownPassed && !isBlind(rules, metrics, (metric) => metric.a === null || metric.b === null),
  }
  const verdict = verdictOf(evidence)
  return {
    metrics,
    shift: shiftOverRuns(whole.a, whole.b),
    absolute,
    noise,
    advisory: evidence.advisory,
    headline: headlineOf(evidence, verdict, noise),
    verdict,
  }
}

// --- internal ---

const [FIRST_LOOK = 0] = LOOKS

/** Below the first look no exact interval is narrow enough to tell anything, however large the difference. */
function tooFew(whole: number, all: number): string[] {
  if (whole >= FIRST_LOOK) return []
  const cut = whole === all ? '' : `; thresholds ended runs of ${all - whole} of the ${all}`
  return [`nothing can be told from fewer than ${FIRST_LOOK} pairs${cut}`]
}

/** Stored runs would have been enough, were it not for those that thresholds ended. */
function tooFewWhole(side: string, whole: number, all: number): string[] {
  if (all < LEAST_STORED || whole >= LEAST_STORED) return []
  return [
    `thresholds ended ${all - whole} of ${all} runs of ${side}: a verdict takes ${LEAST_STORED} whole ones`,
  ]
}

/**
 * Whether something that gates is unknown because it was not measured, or too seldom for an interval, and not because it scatters. What a
 * target's processes used may be invisible, and does not count.
 */
function isBlind(
  rules: readonly MetricRule[],
  metrics: readonly ComparedMetric[],
  isUnseen: (metric: ComparedMetric) => boolean,
): boolean {
  const required = new Set(rules.filter(({ needsProcesses }) => needsProcesses !== true).map(({ id }) => id))
  return metrics.some(
    (metric) => metric.isGated && required.has(metric.id) && metric.verdict === 'unknown' && isUnseen(metric),
  )
}

/** The Hodges-Lehmann estimate holds while less than 29 % of what it is made of is off: a quarter keeps a distance. */
const MOST_DOUBTFUL = 0.25

function advisoryOf(a: number, b: number, differences: readonly string[]): string[] {
  const few = Math.min(a, b) < LEAST_STORED ? [`a verdict takes ${LEAST_STORED} runs of each side`] : []
  return [...few, ...differences.map((difference) => `the machines differ: ${difference}`)]
}

function faultsOf({ absolute }: RunFigures): Record<string, number> {
  return absolute
}

function isAborted({ absolute }: RunFigures): boolean {
  return (absolute[ABORTED] ?? 0) > 0
}

/** Where thresholds ended runs of both sides, and of neither more often than chance would have it, the load is too much for both. */
function bothAborted(absolute: readonly AbsoluteCheck[]): string[] {
  const check = absolute.find(({ name }) => name === ABORTED)
  if (check === undefined || check.status !== 'ok' || check.a === 0 || check.b === 0) return []
  return [`thresholds ended ${check.a} runs of A and ${check.b} of B: this load is too much for both`]
}

/** Runs whose generator was perhaps not fit: some do no harm, many are no evidence. */
function doubtsOf(side: string, runs: readonly RunFigures[]): string[] {
  const doubtful = runs.filter(({ doubts }) => doubts.length > 0)
  if (doubtful.length <= MOST_DOUBTFUL * runs.length) return []
  const checks = [...new Set(doubtful.flatMap(({ doubts }) => doubts))].join(', ')
  return [`${doubtful.length} of ${runs.length} runs of ${side} are in doubt (${checks})`]
}
