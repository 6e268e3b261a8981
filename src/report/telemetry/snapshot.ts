import type { Histogram } from '../../measure/histogram.ts'
import type { Counters } from '../../measure/metrics.ts'
import type { ThresholdRow } from '../../measure/result.ts'

/** What does not change while a run goes. Holds no secret. */
export interface RunIdentity {
  id: string
  scenario: string
  /** ISO 8601, UTC. */
  startedAt: string
  version: string
  target: string
  broker: string
}

/** A run as far as it has come, once a second: all workers added up, everything counted from the start. */
export interface Snapshot {
  /** Seconds after the start. */
  second: number
  counters: Counters
  labelled: Readonly<Record<string, number>>
  usersWanted: number
  users: number
  /** Deliveries and typing events neither met nor given up. */
  pending: number
  /** Mean number of deliveries on their way in this second. */
  inFlight: number
  /** By worker, of this second. */
  workers: readonly { loopDelayP99Us: number; cpuShare: number; heapBytes: number }[]
  /** By metric, over the run so far: 2 digits. They are read, never kept. */
  latencies: Readonly<Record<string, Histogram>>
  thresholds: readonly ThresholdRow[]
}

/** Somewhere that a run is exported to while it goes. No call throws, waits, or costs a thread that makes load anything. */
export interface Exporter {
  started(identity: RunIdentity): void
  second(snapshot: Snapshot): void
  /** The run is over and judged; its last second has been told. */
  ended(exitCode: number): void
  /** Hands out what is left and lets go, in bounded time. */
  close(): Promise<void>
}
