import { EXIT } from '../errors.ts'
import type {
  CapacityResult,
  CapacityStep,
  OverloadOutcome,
  ResourceUse,
  SoakOutcome,
} from '../measure/capacity.ts'
import { Histogram, mergeEncoded, type EncodedHistogram } from '../measure/histogram.ts'
import type { RunResult } from '../measure/result.ts'
import { judgeThreshold } from '../scenario/thresholds.ts'
import { activeSeconds } from './achieved.ts'
import type { Objective } from './objective.ts'

/** A third of a soak: its p99 and the most memory that the target held in it. */
interface Third {
  p99Us: number
  memoryBytes: number | null
}

/**
 * What a long step shows beside whether it held: how p99 and the target's memory changed from its first third to its last,
 * per hour. A quarter more of either fails it. `askedSeconds` is how long activities were to last, which is less than the
 * run; `usedBetween` tells what was used between two of its seconds.
 */
export function soakOf(
  step: CapacityStep,
  result: RunResult | undefined,
  askedSeconds: number,
  usedBetween: (fromSecond: number, toSecond: number) => ResourceUse[],
): SoakOutcome {
  const common = { load: step.load, durationSeconds: askedSeconds }
  if (result === undefined || step.outcome === 'fault')
    return {
      ...common,
      status: 'fault',
      p99SlopePerHour: null,
      memorySlopeBytesPerHour: null,
      reasons: [...step.reasons],
    }
  const { fromSecond, toSecond } = activeSeconds(result)
  const length = Math.floor((toSecond - fromSecond) / 3)
  const third = (from: number): Third => ({
    p99Us: p99Between(result, from, from + length),
    memoryBytes: memoryOf(usedBetween(from, from + length)),
  })
  const [first, last] = [third(fromSecond), third(toSecond - length)]
  // The middles of the two lie two thirds apart.
  const hours = (2 * length) / 3_600
  const reasons = [...step.reasons]
  const grew = (name: string, from: number | null, to: number | null): boolean => {
    const isMore = from !== null && to !== null && from > 0 && to > from * (1 + MOST_GROWTH)
    if (isMore)
      reasons.push(`${name} grew by ${Math.round((to / from - 1) * 100)} % from the first third to the last`)
    return isMore
  }
  const grown = [
    grew('p99', first.p99Us, last.p99Us),
    grew('the target’s memory', first.memoryBytes, last.memoryBytes),
  ]
  const slope = (from: number | null, to: number | null): number | null =>
    from === null || to === null || hours === 0 ? null : (to - from) / hours
  const p99Slope = slope(first.p99Us, last.p99Us)
  return {
    ...common,
    status: step.outcome === 'pass' && grown.includes(true) ? 'fail' : step.outcome,
    p99SlopePerHour: p99Slope === null || first.p99Us === 0 ? null : p99Slope / first.p99Us,
    memorySlopeBytesPerHour: slope(first.memoryBytes, last.memoryBytes),
    reasons,
  }
}

/** The objective by which recovery is timed: the first on `message_delivery`, the one latency that is known second by second. */
export function recoveryObjective(objectives: readonly Objective[]): Objective | undefined {
  return objectives.find(({ threshold, isLatency }) => isLatency && threshold.metric === 'message_delivery')
}

/**
 * How long after an overload deliveries were within the objective again and stayed so for five seconds. `endsAtMs` is when
 * the overload ends, after the run's start; the objective is one of `recoveryObjective`.
 */
export function recoveryOf(
  result: RunResult,
  objective: Objective,
  loads: { overloadLoad: number; recoverLoad: number; endsAtMs: number },
): OverloadOutcome {
  const { overloadLoad, recoverLoad, endsAtMs } = loads
  const { fromSecond, toSecond } = activeSeconds(result)
  const endSecond = Math.ceil(endsAtMs / 1e3)
  const isWithin = result.timeline.deliveryHistograms
    .slice(0, toSecond)
    .map((encoded, i) =>
      encoded === null || encoded.count === 0
        ? isQuiet(result, i)
        : isHeld(objective, Histogram.decode(encoded)),
    )
  const common = { overloadLoad, recoverLoad }
  const wasBroken = isWithin.slice(fromSecond, endSecond).includes(false)
  for (let second = endSecond; second + CALM_SECONDS <= isWithin.length; second++) {
    if (isWithin.slice(second, second + CALM_SECONDS).includes(false)) continue
    const reasons = wasBroken ? [] : ['the overload broke nothing: there was nothing to recover from']
    return { ...common, recoverySeconds: second - endSecond, reasons }
  }
  const reasons = ['latencies did not come back within what was left of the run']
  return { ...common, recoverySeconds: null, reasons }
}

/** A search that found what it found, and was stopped by a signal in what was asked for after it. */
export function stoppedAfterwards(result: CapacityResult): CapacityResult {
  const undecided = [...result.undecided, 'what comes after the search was stopped by a signal']
  return {
    ...result,
    run: { ...result.run, isPartial: true, stoppedBy: 'signal' },
    undecided,
    verdict: { status: 'inconclusive', exitCode: EXIT.signal, reasons: undecided },
  }
}

// --- internal ---

const MOST_GROWTH = 0.25
const CALM_SECONDS = 5

/** Whether deliveries of one second hold the objective. */
function isHeld({ threshold }: Objective, histogram: Histogram): boolean {
  const { minUs, maxUs, meanUs, count } = histogram
  const { status } = judgeThreshold(threshold, {
    percentile: (_, percentile) => ({
      us: histogram.valueAt(percentile),
      isCensored: histogram.isCensoredAt(percentile),
    }),
    summary: () => ({ minUs, maxUs, meanUs, count }),
    counter: () => undefined,
    elapsedSeconds: 1,
  })
  return status === 'pass'
}

/** Whether nothing was delivered in a second because nothing was owed in it: a target that is down delivers nothing either. */
function isQuiet({ timeline: { columns } }: RunResult, i: number): boolean {
  const owed = ['messages_sent', 'pending_deliveries', 'dropped_iterations']
  return owed.every((name) => (columns[name]?.[i] ?? 0) === 0)
}

function p99Between({ timeline }: RunResult, from: number, to: number): number {
  let merged: EncodedHistogram | undefined
  for (const encoded of timeline.deliveryHistograms.slice(from, to)) {
    if (encoded !== null) merged = mergeEncoded(merged, encoded)
  }
  return merged === undefined ? 0 : Histogram.decode(merged).valueAt(99)
}

function memoryOf(uses: readonly ResourceUse[]): number | null {
  const target = uses.filter(
    ({ name, memoryBytes }) => name !== 'generator' && name !== 'machine' && memoryBytes !== null,
  )
  return target.length === 0 ? null : target.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0)
}
