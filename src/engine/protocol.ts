import type { TokenPlan } from '../chat/tokens.ts'
import type { EncodedDrift } from '../measure/drift.ts'
import type { EncodedHistogram } from '../measure/histogram.ts'
import type { Echo } from '../measure/ledger.ts'
import type { Counters, EncodedMetrics } from '../measure/metrics.ts'
import type { Overrides } from '../scenario/complete.ts'
import type { DriverName, TlsOptions } from '../stomp/client.ts'
import type { Account } from './account.ts'
import type { InFlight } from './in-flight.ts'
import type { News } from './relay.ts'

/**
 * What a shard is told and what it tells. Plain data only: the other end may be a thread here or another machine.
 *
 *   coordinator → shard   start · news · stop · settle · finish
 *   shard → coordinator   ready · tick · news · left · settled · done · fault
 */
export type ToShard =
  | { kind: 'start'; startUs: number }
  | { kind: 'news'; news: News[] }
  /** Start nothing more, let users leave in good order. */
  | { kind: 'stop' }
  /** Every shard's users have gone: settle the books. Shards that died may have sent what nobody announced. */
  | { kind: 'settle'; dead: number[] }
  /** Every shard has settled and all news is in: report. */
  | { kind: 'finish' }

export type FromShard =
  | { kind: 'ready'; contractDigest: string }
  | { kind: 'tick'; tick: Tick }
  | { kind: 'news'; news: News[] }
  /** This shard's users have gone. */
  | { kind: 'left' }
  | { kind: 'settled'; wasDrained: boolean }
  | { kind: 'done'; report: ShardReport }
  | { kind: 'fault'; code: string | undefined; message: string; problems: readonly string[]; stack: string }

/** Everything a shard needs to know; the scenario itself is read from its file, since it may hold functions. */
export interface ShardOrder {
  index: number
  shards: number
  scenarioFile: string
  overrides: Overrides
  runCode: string
  apiUrl: string | undefined
  driver: DriverName
  tokens: TokenPlan
  tls: TlsOptions
  contractDir: string | undefined
  /** Hosts beside loopback that users may connect to. */
  allowedHosts: readonly string[]
  /** Local addresses that connections are spread over; empty = the system's choice. */
  sourceAddresses: readonly string[]
  /** Most connections to the API at once; calls beyond them wait. Undefined: the client's own limit. */
  apiConnections: number | undefined
  echo: Echo
}

/**
 * One second of a shard. Counters are cumulative; histograms, findings and examples are the second's own and are merged
 * by adding. The ticks of a shard add up to its report, but for histograms of 2 digits: a shard that dies leaves them.
 */
export interface Tick extends Account {
  /** Seconds after the run's start at which it ends: 1, 2, …. */
  second: number
  counters: Counters
  labelled: Record<string, number>
  users: number
  /** Obligations neither met nor given up. */
  pending: number
  /** What was on its way in the second. */
  inFlight: InFlight
  /** Those of `pending` that are messages: at any moment, expected = received + late + lost + these. */
  pendingMessages: number
  histograms: Record<string, EncodedHistogram>
  topErrors: { class: string; count: number; example: string }[]
  health: { loopDelayP99Us: number; cpuShare: number; heapBytes: number }
}

export interface ShardReport extends Account {
  metrics: EncodedMetrics
  drift: EncodedDrift
  users: { neverUp: number; downAtEnd: number }
  /** Over the whole run. */
  health: Tick['health']
}

/** One end of the line between the coordinator and a shard. */
export interface Line<Out, In> {
  post(message: Out): void
  onMessage(listener: (message: In) => void): void
}
