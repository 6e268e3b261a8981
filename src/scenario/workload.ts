/** k6's four executors. Durations are ms. Rates are arrivals per second. */
export type Workload = OpenWorkload | ClosedWorkload

/** Open: arrivals come when they are planned, whether or not earlier ones are done. */
export type OpenWorkload = {
  executor: 'constant-arrival-rate' | 'ramping-arrival-rate'
  startMs: number
  startRate: number
  stages: readonly Stage[]
}

/** Closed: so many users are busy at a time, each pausing between one and the next. */
export type ClosedWorkload = {
  executor: 'constant-vus' | 'ramping-vus'
  startMs: number
  startVus: number
  stages: readonly Stage[]
}

/** From the value before it, linearly to `target` over `durationMs`. A duration of 0 is a jump. */
export interface Stage {
  durationMs: number
  target: number
}

/**
 * The planned time of the n-th arrival in ms after the run's start; undefined when the workload has fewer.
 *
 * The expected number of arrivals by time t is N(t) = ∫ rate; arrival n is due when N(t) = n. Within a linear stage
 * N is a quadratic in t, solved in the form that does not cancel: t = 2n / (r0 + √(r0² + 2an)). One pure function
 * of n, so shards that take the arrivals of their users add up to the whole schedule exactly.
 */
export function arrivalTime(workload: OpenWorkload, n: number): number | undefined {
  let rate = workload.startRate / 1e3
  let startMs = workload.startMs
  let before = 0
  for (const { durationMs, target } of workload.stages) {
    const targetRate = target / 1e3
    const planned = ((rate + targetRate) / 2) * durationMs
    if (n < before + planned - ROUNDING) {
      const left = n - before
      if (left <= 0) return startMs
      const slope = (targetRate - rate) / durationMs
      return startMs + (2 * left) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slope * left)))
    }
    before += planned
    startMs += durationMs
    rate = targetRate
  }
  return undefined
}

/** How many arrivals the workload plans in all. */
export function arrivalCount(workload: OpenWorkload): number {
  let rate = workload.startRate
  let planned = 0
  for (const { durationMs, target } of workload.stages) {
    planned += (((rate + target) / 2) * durationMs) / 1e3
    rate = target
  }
  return Math.ceil(planned - ROUNDING)
}

/** How many users a closed workload wants busy at `atMs` after the run's start (a real number; 0 outside it). */
export function vusAt(workload: ClosedWorkload, atMs: number): number {
  let from = workload.startVus
  let startMs = workload.startMs
  if (atMs < startMs) return 0
  for (const { durationMs, target } of workload.stages) {
    if (atMs < startMs + durationMs) return from + ((target - from) * (atMs - startMs)) / durationMs
    from = target
    startMs += durationMs
  }
  return 0
}

/**
 * When the user of rank r (0 …) of a closed workload is wanted: the intervals, in ms after the run's start, in which
 * more than r users are. Users come in order of rank and leave in the opposite order.
 */
export function activeIntervals(workload: ClosedWorkload, rank: number): [startMs: number, endMs: number][] {
  const intervals: [number, number][] = []
  let from = workload.startVus
  let atMs = workload.startMs
  let openedMs: number | undefined = from > rank ? atMs : undefined
  for (const { durationMs, target } of workload.stages) {
    // The level at which this user's presence changes: its own share of the climb, so that n users spread over it.
    const crossesUp = from <= rank && target > rank
    const crossesDown = from > rank && target <= rank
    if (crossesUp || crossesDown) {
      const crossingMs = atMs + (durationMs * (rank - from)) / (target - from)
      // At the bottom of a V a user would leave and come at the same moment: it stays.
      if (crossesUp) openedMs = intervals.at(-1)?.[1] === crossingMs ? intervals.pop()?.[0] : crossingMs
      else if (openedMs !== undefined) {
        intervals.push([openedMs, crossingMs])
        openedMs = undefined
      }
    }
    atMs += durationMs
    from = target
  }
  if (openedMs !== undefined) intervals.push([openedMs, atMs])
  return intervals
}

/** The largest number of users a closed workload wants at once. */
export function peakVus(workload: ClosedWorkload): number {
  return Math.max(workload.startVus, ...workload.stages.map(({ target }) => target))
}

/** When the workload is over, in ms after the run's start. */
export function endOf(workload: Workload): number {
  return workload.startMs + workload.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

// --- internal ---

/** Stages whose arrivals are a whole number must not gain one by floating point: 0.1 × 10 is not exactly 1. */
const ROUNDING = 1e-6
