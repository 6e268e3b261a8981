import type { TokenPlan } from '../chat/tokens.ts'
import type { EncodedFindings } from '../measure/findings.ts'
import type { EncodedHistogram } from '../measure/histogram.ts'
import type { Books, LedgerExample } from '../measure/books.ts'
import type { Echo } from '../measure/ledger.ts'
import type { Counters, EncodedMetrics } from '../measure/metrics.ts'
import type { Overrides } from '../scenario/complete.ts'
import type { DriverName, TlsOptions } from '../stomp/client.ts'
import type { News } from './relay.ts'

/**
 * What a shard is told and what it tells. Plain data only: the other end may be a thread here or another machine.
 *
 *   coordinator → shard   start · news · stop · finish
 *   shard → coordinator   ready · tick · news · settled · done · fault
 */
export type ToShard =
  | { kind: 'start'; startUs: number }
  | { kind: 'news'; news: News[] }
  /** Start nothing more, let users leave in good order. */
  | { kind: 'stop' }
  /** Every shard's users have gone: settle the books. */
  | { kind: 'settle' }
  /** Every shard has settled and all news is in: report. */
  | { kind: 'finish' }

export type FromShard =
  | { kind: 'ready' }
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
  echo: Echo
}

/** One second of a shard. Counters are cumulative; histograms are the second's own and are merged by adding. */
export interface Tick {
  /** Seconds after the run's start at which it ends: 1, 2, …. */
  second: number
  counters: Counters
  labelled: Record<string, number>
  users: number
  /** Obligations neither met nor given up. */
  pending: number
  histograms: Record<string, EncodedHistogram>
  topErrors: { class: string; count: number; example: string }[]
  health: { loopDelayP99Us: number; cpuShare: number; heapBytes: number }
}

export interface ShardReport {
  metrics: EncodedMetrics
  findings: EncodedFindings
  lostPlaces: Books['lostPlaces']
  unknowns: Books['unknowns']
  examples: LedgerExample[]
  /** Exceptions that scenario functions threw, beside the target's failures. */
  scenarioExceptions: number
  users: { neverUp: number; downAtEnd: number }
  /** Over the whole run. */
  health: Tick['health']
  contractDigest: string
}

/** One end of the line between the coordinator and a shard. */
export interface Line<Out, In> {
  post(message: Out): void
  onMessage(listener: (message: In) => void): void
}
