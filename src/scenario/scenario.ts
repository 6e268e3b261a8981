import type { Echo } from '../measure/ledger.ts'
import type { FlavourName } from '../stomp/client.ts'
import type { Distribution } from './distribution.ts'
import type { Duration } from './duration.ts'
import type { Activity } from './user.ts'
import type { ClosedWorkload, Workload } from './workload.ts'

/**
 * A scenario as people write it, in TypeScript (`export default defineScenario({...})`), YAML or JSON.
 * `docs/scenarios.md` explains every field; `scenario.schema.json` is the same for editors.
 */
export interface ScenarioInput {
  name?: string
  description?: string
  /** Makes every choice of the run: rooms, users, texts, think times. The same seed repeats the same plan. */
  seed?: number
  /** How many users are connected when: one session a user, whatever the activities do. */
  users: ClosedInput
  rooms?: RoomsInput
  /** What users do while they are connected. Names are yours; they label metrics. */
  activities?: Record<string, ActivityInput>
  /** The first part of what activities do, which the latencies of the whole run leave out. Default: none. */
  warmUp?: Duration
  message?: MessageInput
  /** How long `reconnect` stays away, and how a lost connection comes back. */
  reconnect?: { away?: Duration; backoff?: Duration; maxBackoff?: Duration }
  delivery?: DeliveryInput
  /** k6's grammar: `{ message_delivery: ['p(99)<250'] }`, ms for latencies. */
  thresholds?: Record<string, (string | ThresholdInput)[]>
  /** Where to: an API base URL such as `https://chat.example.com/chat-ws`, and hosts that may be loaded. */
  target?: { url?: string; allow?: string[] }
  /** For STOMP applications without the chat API: every user connects here instead of asking POST /connect. */
  stomp?: { url: string; login?: string; passcode?: string; vhost?: string }
  /**
   * Wider limits of the generator's own health, for machines that cannot do better and for runs that are not about
   * latency. The result shows them. Default: lateness 5 % of the tightest latency threshold, loop delay 10 ms, 0.8 of a core.
   */
  validity?: { lateness?: Duration; loopDelay?: Duration; cpuShare?: number }
  flavour?: FlavourName
  /** Limit for each HTTP call, WebSocket open, CONNECTED and RECEIPT. */
  timeout?: Duration
  tags?: Record<string, string>
  /** Activities written as functions, for `exec` by name. TypeScript scenarios only. */
  functions?: Record<string, Activity>
}

export type ClosedInput =
  | { executor: 'constant-vus'; vus: number; duration: Duration; startTime?: Duration }
  | { executor: 'ramping-vus'; startVUs?: number; stages: StageInput[]; startTime?: Duration }

export type OpenInput =
  | {
      executor: 'constant-arrival-rate'
      duration: Duration
      startTime?: Duration
      /** Arrivals per `timeUnit` (1s). */
      rate?: number
      /** Instead of `rate`: arrivals per `timeUnit` and user, so that the rate grows with the number of users. */
      ratePerUser?: number
      timeUnit?: Duration
    }
  | {
      executor: 'ramping-arrival-rate'
      startRate?: number
      stages: StageInput[]
      startTime?: Duration
      timeUnit?: Duration
      /** Take `startRate` and `target` as per user. */
      perUser?: boolean
    }

export interface StageInput {
  duration: Duration
  target: number
}

export type ActivityInput = (OpenInput | (ClosedInput & { thinkTime?: Distribution })) & {
  /** A built-in (`say`, `type`, `hop`, `reconnect`, `lurk`), a name in `functions`, or names with weights. */
  exec?: string | Record<string, number> | Activity
}

export interface RoomsInput {
  /** Rooms a user is in. */
  perUser?: number
  /** Members of a room: a number, everybody, or a Zipf law between two sizes. */
  size?: number | 'all' | { zipf: { exponent: number; min: number; max: number } }
  /** `affine` keeps a room's members on one worker; `spread` (default) mixes them. */
  placement?: 'spread' | 'affine'
  /** `target`: use the rooms POST /connect lists. `plan`: also join the planned rooms that it does not list. */
  from?: 'target' | 'plan'
}

export interface MessageInput {
  /** Characters of a message, token included (at least 41). */
  length?: Distribution
  /** Typing before a message: announced, for as long as the text takes at this speed. `false`: no typing. */
  typing?: false | { charactersPerSecond?: number; max?: Duration }
}

export interface DeliveryInput {
  /** A delivery that has not come so long after the message was sent is lost. */
  timeout?: Duration
  /** Whether senders receive their own messages. */
  echo?: Echo
  /** Lower bound of how long the run waits for stragglers after the last message. */
  drain?: Duration
}

export interface ThresholdInput {
  threshold: string
  abortOnFail?: boolean
  delayAbortEval?: Duration
}

/** A scenario checked and completed: what the engine runs. Durations are ms. */
export interface Scenario {
  name: string
  description: string
  source: string
  seed: number
  users: ClosedWorkload
  /** The largest number of users at once; user indexes are 0 … userCount − 1. */
  userCount: number
  rooms: Required<RoomsInput>
  activities: ScenarioActivity[]
  /** Latencies that begin so long after the first activity's start, or sooner, are not in the run's totals. */
  warmUpMs: number
  functions: Record<string, Activity>
  message: { length: Distribution; typing: false | { charactersPerSecond: number; maxMs: number } }
  reconnect: { awayMs: number; backoffMs: number; maxBackoffMs: number }
  delivery: { timeoutMs: number; echo: Echo | undefined; drainMs: number }
  thresholds: Threshold[]
  target: { url: string | undefined; allow: string[] }
  stomp: { url: string; login: string; passcode: string; vhost: string } | undefined
  validity: { latenessMs: number; loopDelayMs: number; cpuShare: number }
  flavour: FlavourName
  timeoutMs: number
  tags: Record<string, string>
  /** When the last user leaves, ms after the start. */
  durationMs: number
  /** Longest that those who are still there then take to leave. */
  mostLeavingMs: number
}

export interface ScenarioActivity {
  name: string
  workload: Workload
  /** Its pace grows with the number of users: `-u` scales it. */
  followsUsers: boolean
  /** Names in the built-in map or in `functions`, with the share of arrivals each takes (sums to 1). */
  exec: { name: string; share: number }[]
  /** Closed workloads only: pause between two iterations of a user, in seconds. */
  thinkTimeS: Distribution
}

export interface Threshold {
  /** Public metric name, with a sub-metric in braces where wanted. */
  metric: string
  aggregation: Aggregation
  operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  /** ms for latencies; a count, a per-second rate or a share for counters. */
  limit: number
  /** As written. */
  expression: string
  abortOnFail: boolean
  delayAbortEvalMs: number
}

export type Aggregation = 'avg' | 'min' | 'max' | 'med' | 'count' | 'rate' | { percentile: number }

/** What a scenario module exports: the scenario, or a function of the `-e` variables that returns it. */
export type ScenarioSource = ScenarioInput | ((env: Readonly<Record<string, string>>) => ScenarioInput)

/** Gives a scenario its type; returns it unchanged. */
export function defineScenario(scenario: ScenarioSource): ScenarioSource {
  return scenario
}
