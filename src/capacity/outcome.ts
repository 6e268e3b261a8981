import type { CapacityStep } from '../measure/capacity.ts'
import { Histogram } from '../measure/histogram.ts'
import type { RunResult, ValidityCheck } from '../measure/result.ts'
import { judgeObserved } from '../scenario/thresholds.ts'
import { achievedIn, madeOfPlan } from './achieved.ts'
import type { Objective } from './objective.ts'

/** What a step's result says of its load. */
export type StepOutcome = Pick<
  CapacityStep,
  'outcome' | 'reasons' | 'objectives' | 'isBrokenBeside' | 'validity' | 'latency' | 'achieved'
>

/** Most calls or messages that may fail, as a share, unless an objective on them says otherwise. */
const MOST_ERRORS = 0.001
/** Least share of the planned starts that must have been made. */
const LEAST_ACHIEVED = 0.99

/**
 * Whether the load was held. What a run says of a target, this says too, with one difference: latencies count from the
 * planned moment, so a generator that is late only ever adds to them. Objectives that hold in spite of it hold; objectives
 * that do not hold say nothing, unless the target's part alone breaks them (`isBrokenByTarget`). The rule and its
 * reasons: docs/capacity.md, "What a step says".
 */
export function outcomeOf(result: RunResult, objectives: readonly Objective[]): StepOutcome {
  const rows = objectives.map((objective) => rowOf(result, objective))
  const achieved = achievedIn(result)
  // What no slowness can cause, and what timeouts of seconds may.
  const wrong = wrongIn(result, objectives)
  const beside = [...otherwiseBroken(result, objectives, achieved), ...rows.flatMap(censoredWords)]
  const common = {
    objectives: rows,
    isBrokenBeside: wrong.length > 0 || beside.length > 0,
    validity: result.validity.status,
    latency: latencyOf(result, objectives[0]),
    achieved,
  }
  const end = (outcome: CapacityStep['outcome'], reasons: string[]): StepOutcome => ({
    outcome,
    reasons,
    ...common,
  })
  const fault = faultsOf(result)
  if (fault.length > 0) return end('fault', fault)
  const unmeasured = rows.flatMap(unmeasuredWords)
  if (unmeasured.length > 0 && !common.isBrokenBeside) return end('fault', unmeasured)
  if (wrong.length > 0) return end('fail', wrong)
  const broken = [...rows.filter(({ status }) => status === 'fail').map(brokenWords), ...beside]
  const unfit = unfitness(result)
  if (unfit.hidden.length > 0) return end('generator', [...unfit.hidden, ...broken])
  if (broken.length === 0 && unfit.lighter.length > 0) return end('generator', unfit.lighter)
  if (broken.length === 0) return end('pass', [...unfit.late, ...slowStart(result)].map(inSpiteOf))
  if (unfit.late.length === 0) return end('fail', broken)
  if (beside.length > 0 && !mayCauseTimeouts(result)) return end('fail', broken)
  const certain = objectives.filter((objective) => isBrokenByTarget(result, objective))
  if (certain.length > 0) {
    return end('fail', [
      ...broken,
      ...certain.map(({ text }) => `${text} is broken by the target's part alone`),
    ])
  }
  return end('generator', [...unfit.late, ...broken])
}

// --- internal ---

type Row = CapacityStep['objectives'][number]

function rowOf({ thresholds, trends }: RunResult, objective: Objective): Row {
  const { metric, expression, limit } = objective.threshold
  const row = thresholds.find((each) => each.metric === metric && each.expression === expression)
  const observed = row?.observed ?? null
  const isAtLeast = row?.isAtLeast === true
  const count = objective.isLatency ? (trends[metric]?.count ?? null) : null
  const blank = { expression: objective.text, observed, limit, isAtLeast, count }
  if (observed === null) return { ...blank, status: 'unknown' }
  return { ...blank, status: judgeObserved(objective.threshold, observed, isAtLeast) }
}

function brokenWords({ expression, observed, isAtLeast }: Row): string {
  return `${expression}: is ${isAtLeast ? 'at least ' : ''}${Number((observed ?? 0).toPrecision(4))}`
}

function inSpiteOf(reason: string): string {
  return `held although ${reason}`
}

/** Why nothing can be read off the run at all. */
function faultsOf({ run, verdict }: RunResult): string[] {
  if (run.stoppedBy !== 'plan') return [`the run was cut short (${run.stoppedBy})`, ...verdict.reasons]
  return verdict.reasons.filter((reason) => reason.includes('exception of the scenario'))
}

/** Of a percentile among what never came it is known only that it is this or more. */
function censoredWords({ expression, status, observed }: Row): string[] {
  return status === 'unknown' && observed !== null
    ? [`${expression}: lies among deliveries that never came, is at least ${Number(observed.toPrecision(4))}`]
    : []
}

function unmeasuredWords({ expression, observed }: Row): string[] {
  return observed === null ? [`${expression}: nothing was measured`] : []
}

/** Duplicates, leaks and the like: slowness of whoever causes none of them. */
function wrongIn({ ledger: { messages }, counters }: RunResult, objectives: readonly Objective[]): string[] {
  const counted: [metric: string, count: number][] = [
    ['deliveries_duplicated', messages.duplicated],
    ['deliveries_reordered', messages.reordered],
    ['deliveries_leaked', messages.leaked],
    ['deliveries_corrupted', messages.corrupted],
    ['typing_duplicated', counters.typing_duplicated],
    ['typing_leaked', counters.typing_leaked],
    ['contract_violations', counters.contract_violations],
  ]
  return counted
    .filter(([metric, count]) => count > 0 && !isNamed(metric, objectives))
    .map(([metric, count]) => `${metric}: ${count}`)
}

/** What breaks a load beside its objectives. */
function otherwiseBroken(
  { validity, counters, labelled, ledger: { messages }, verdict }: RunResult,
  objectives: readonly Objective[],
  { errorShare, shareOfPlan }: CapacityStep['achieved'],
): string[] {
  const reasons: string[] = []
  if (messages.lost.total > 0 && !isNamed('deliveries_lost', objectives))
    reasons.push(`${messages.lost.total} deliveries were lost`)
  if (messages.late > 0 && !isNamed('deliveries_late', objectives))
    reasons.push(`${messages.late} deliveries came after the delivery timeout`)
  if (errorShare > MOST_ERRORS && !isNamed('http_req_failed', objectives))
    reasons.push(`${percent(errorShare)} of the calls failed, ${percent(MOST_ERRORS)} may`)
  const offline = labelled['dropped_iterations{reason:offline}'] ?? 0
  const offlineShare = counters.dropped_iterations === 0 ? 0 : offline / counters.dropped_iterations
  // Users that were busy when they were wanted are a matter of the plan: `dropped` says so. Of seconds the reasons are not known.
  if ((1 - shareOfPlan) * offlineShare > 1 - LEAST_ACHIEVED) {
    reasons.push(
      `${percent(shareOfPlan)} of the plan was made, ${percent(LEAST_ACHIEVED)} must be; ${offline} times in this run a user was not connected when its turn came`,
    )
  }
  if (counters.connections_lost > 0 && !isNamed('connections_lost', objectives))
    reasons.push(`${counters.connections_lost} connections were closed by the other side`)
  reasons.push(...verdict.reasons.filter((reason) => reason.startsWith('users: ')))
  for (const check of validity.checks) {
    if (check.id === 'stationarity' && check.status !== 'ok')
      reasons.push(`overload: ${check.note ?? check.says}`)
    if (check.id === 'drained' && check.status !== 'ok')
      reasons.push('calls were still unanswered at the end')
  }
  return reasons
}

/** What the warm-up left undone, where it is worth a word. */
function slowStart(result: RunResult): string[] {
  const whole = madeOfPlan(result, 0)
  return whole < LEAST_ACHIEVED ? [`with the warm-up ${percent(whole)} of the plan was made`] : []
}

/**
 * What was wrong with the generator. `late`: it was slow, which its latencies include. `lighter`: it left out more of the plan
 * than it may, so that a pass is of another load; a failure is one all the more. `hidden`: what it measured is not what
 * happened, so that nothing means anything.
 */
function unfitness({ validity, labelled }: RunResult): Record<'late' | 'lighter' | 'hidden', string[]> {
  const isWaiting = ({ id, status }: ValidityCheck): boolean =>
    id === 'resources' && status === 'suspect' && (labelled['generator_waits'] ?? 0) > 0
  const words = (ids: ReadonlySet<string>): string[] =>
    validity.checks.filter(({ id, status }) => status === 'invalid' && ids.has(id)).map(checkWords)
  return {
    late: [...words(LATE), ...validity.checks.filter(isWaiting).map(checkWords)],
    lighter: words(LIGHTER),
    hidden: words(HIDDEN),
  }
}

const LATE: ReadonlySet<string> = new Set(['lateness', 'loop-delay', 'cpu'])
const LIGHTER: ReadonlySet<string> = new Set(['dropped'])
const HIDDEN: ReadonlySet<string> = new Set(['little', 'resources', 'conservation', 'clock'])

function checkWords({ id, value, limit, unit }: ValidityCheck): string {
  const text = (figure: number): string => {
    if (unit === 'share') return percent(figure)
    return unit === 'ms' ? `${Math.round(figure * 10) / 10} ms` : String(figure)
  }
  return `the generator was unfit: ${id} ${text(value)}, limit ${text(limit)}`
}

/** A tenth of the shortest timeout there usually is. */
const GRAVE_MS = 1_000

/**
 * Whether the generator was so late that calls and connections may have failed by it. What fails beside the objectives does so
 * by timeouts of seconds, or is the other side's doing: a generator that is some milliseconds late has no part in it. One that
 * left starts out because users were busy may have.
 */
function mayCauseTimeouts({ validity }: RunResult): boolean {
  return validity.checks.some(
    ({ id, value, status }) =>
      ((id === 'lateness' || id === 'loop-delay') && value > GRAVE_MS) ||
      ((id === 'dropped' || id === 'cpu') && status === 'invalid'),
  )
}

/**
 * Whether a percentile is beyond its limit however late the generator was. At most a share 1 − p of what it did was later
 * than its lateness at p. So of the service times, which count from the real sending, the share 2(1 − p) that is
 * largest holds at least 1 − p that it did not delay by more: the service time at 2p − 1, less that lateness, is no more than
 * what the target's own percentile is.
 */
function isBrokenByTarget({ trends }: RunResult, { threshold, isLatency }: Objective): boolean {
  const { metric, aggregation, limit } = threshold
  if (!isLatency || typeof aggregation !== 'object' || metric.includes('{')) return false
  const service = trends[`${metric}{basis:service}`]
  const lateness = trends['generator_lateness']
  const { percentile } = aggregation
  if (service === undefined || lateness === undefined || percentile <= 50) return false
  const own = Histogram.decode(service.histogram).valueAt(2 * percentile - 100)
  const late = Histogram.decode(lateness.histogram).valueAt(percentile)
  return (own - late) / 1e3 > limit
}

function latencyOf({ trends }: RunResult, objective: Objective | undefined): CapacityStep['latency'] {
  const trend = objective?.isLatency === true ? trends[objective.threshold.metric] : undefined
  if (trend === undefined) return null
  const { percentilesUs, count } = trend
  const atLeast = (['50', '99'] as const).filter((percentile) => trend.atLeast.includes(percentile))
  return { p50Us: percentilesUs['50'] ?? 0, p99Us: percentilesUs['99'] ?? 0, atLeast, count }
}

function isNamed(metric: string, objectives: readonly Objective[]): boolean {
  return objectives.some(({ threshold }) => threshold.metric === metric)
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
