import type { ErrorCount } from '../../measure/findings.ts'
import type { Counters } from '../../measure/metrics.ts'
import type { ThresholdRow } from '../../measure/result.ts'

/** What a live display gets once a second: plain data, so that it may come from a thread or over a wire. */
export interface Progress {
  /** Seconds after the run's start at which this second ended: 1, 2, …. */
  second: number
  plannedSeconds: number
  usersWanted: number
  users: number
  /** Since the start. */
  counters: Counters
  /** The second before; undefined for the first. */
  previousCounters: Counters | undefined
  /** `message_delivery` of this second; undefined when nothing was delivered. */
  interval: ProgressPercentiles | undefined
  /** `message_delivery` since the start. */
  overall: ProgressPercentiles | undefined
  /** Deliveries neither met nor given up. */
  pending: number
  topErrors: readonly Pick<ErrorCount, 'class' | 'count' | 'example'>[]
  thresholds: readonly ThresholdRow[]
  /** Of the busiest worker. */
  health: { loopDelayP99Us: number; cpuShare: number }
}

export interface ProgressPercentiles {
  p50Us: number
  p95Us: number
  p99Us: number
}

/** How much a counter grew in this second. */
export function perSecond({ counters, previousCounters }: Progress, name: keyof Counters): number {
  return counters[name] - (previousCounters?.[name] ?? 0)
}
