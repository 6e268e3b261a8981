import type { Histogram } from './histogram.ts'
import type { Trend } from './metrics.ts'

/**
 * The first part of what activities do, in µs on the one clock. Latencies that begin in it are in the histogram of the
 * second they end in, but not in the run's. Without a warm-up both ends are one moment.
 */
export interface WarmUp {
  fromUs: number
  untilUs: number
}

export const NO_WARM_UP: WarmUp = { fromUs: 0, untilUs: 0 }

/** Where a latency that began at `begunUs` is recorded: in the trend, or in its current second alone. */
export function recorderOf(trend: Trend, begunUs: number, { fromUs, untilUs }: WarmUp): Trend | Histogram {
  return begunUs >= fromUs && begunUs < untilUs ? trend.interval : trend
}

/** Whether the warm-up is left out of a latency. Connecting is no part of it, and the generator's loop has its own span. */
export function hasWarmUp(metric: string): boolean {
  return !/^(?:ws_connecting|stomp_connecting|stomp_subscribing|session_\w+|generator_loop_delay)\b/.test(
    metric,
  )
}
