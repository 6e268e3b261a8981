import type { RunResult } from './result.ts'

export const CAPACITY_SCHEMA_NAME = 'stompede.capacity'
/** Minor: fields were added. Major: readers of the old one would misread. */
export const CAPACITY_SCHEMA_VERSION = '1.2.0'

/**
 * What a capacity search leaves behind: one JSON file, the only thing its reports read. Its JSON Schema is
 * `capacity.schema.json`. A load is a number of users, or of planned arrivals a second, as `plan.unit` says.
 */
export interface CapacityResult {
  schema: typeof CAPACITY_SCHEMA_NAME
  schemaVersion: string
  run: {
    id: string
    kind: 'capacity'
    startedAt: string
    endedAt: string
    durationSeconds: number
    isPartial: boolean
    stoppedBy: 'plan' | 'signal' | 'budget'
    tags: Record<string, string>
    /** What repeats it. */
    command: string
  }
  plan: {
    scenario: string
    description: string
    source: string
    seed: number
    /** As that of a run's plan: users, rates, seed, code. `unknown` for results of 1.0, which did not keep it. */
    hash: string
    unit: LoadUnit
    /** Expressions that all have to hold, as given: `message_delivery:p(99)<250`. The first is the headline's. */
    objectives: string[]
    stepSeconds: number
    budgetSeconds: number | null
    /** The load the search begins with. */
    startLoad: number
    /** For the headroom; null where none was given. */
    plannedLoad: number | null
  }
  environment: RunResult['environment']
  /** How much the generator can do; null where it was not measured. */
  calibration: Calibration | null
  /** Every step in the order in which it was run. */
  steps: CapacityStep[]
  bracket: Bracket
  /** What ran out where the objectives no longer held; null where it could not be seen. */
  limit: ResourceLimit | null
  /** Most deliveries a second that any step achieved with none lost, whatever the latency; null without one. */
  maxThroughput: { load: number; deliveriesPerSecond: number } | null
  /** 1 − planned / verified; null without a planned load or a verified one. */
  headroom: { share: number; rating: 'ample' | 'tight' | 'short' } | null
  cost: CapacityCost
  /** The headline's objective's latency by load, made monotone, where it crosses the limit. An estimate beside the bracket. */
  estimate: { load: number; method: 'isotonic' } | null
  scalability: ScalabilityFit
  soak: SoakOutcome | null
  overload: OverloadOutcome | null
  /** What the budget or a signal left open, in words. */
  undecided: string[]
  /** One sentence. */
  headline: string
  verdict: { status: 'pass' | 'inconclusive' | 'fail'; exitCode: number; reasons: string[] }
}

export type LoadUnit = 'users' | 'arrivals/s'

/** The generator against a target that costs nothing. */
export interface Calibration {
  /** The load at which the generator's busiest worker would reach its limit of CPU; null where it could not be told. */
  ceiling: number | null
  /** The search never goes above it: 0.7 of the ceiling, and what descriptors and ports allow. */
  mostLoad: number | null
  /** What `mostLoad` comes from, in words. */
  says: string
  points: { load: number; cpuShare: number; validity: RunResult['validity']['status'] }[]
}

export type StepPhase = 'ramp' | 'bisect' | 'verify' | 'refute' | 'soak' | 'overload' | 'recover'

/** One run at one load, with fresh connections and, where it is ours, a fresh target. */
export interface CapacityStep {
  /** From 1, in the order in which they were run. */
  number: number
  phase: StepPhase
  load: number
  users: number
  seed: number
  startedAt: string
  durationSeconds: number
  /**
   * `generator`: the generator was not fit to measure, so that nothing is said about the target. `fault`: the run could not
   * be made at all; `reasons` says why.
   */
  outcome: 'pass' | 'fail' | 'generator' | 'fault'
  /** Why it is not a pass, in words; empty for a pass. */
  reasons: string[]
  objectives: {
    expression: string
    observed: number | null
    limit: number
    /** Whether the true value lies among the censored samples, so that it is this one or more. */
    isAtLeast: boolean
    /** Samples that a latency was observed by; null for rates and counts, where nothing was measured, and before 1.2. */
    count: number | null
    status: 'pass' | 'fail' | 'unknown'
  }[]
  /** Something beside the objectives did not hold: losses, errors, duplicates and the like. */
  isBrokenBeside: boolean
  validity: RunResult['validity']['status']
  /** Of the headline's objective's metric, where that is a latency; null otherwise. */
  latency: {
    p50Us: number
    p99Us: number
    /** Those of the percentiles that lie among the censored samples: they are this or more. */
    atLeast: ('50' | '99')[]
    count: number
  } | null
  achieved: {
    /** Of the seconds in which activities ran. */
    deliveriesPerSecond: number
    sentPerSecond: number
    /** Made of what was planned after the warm-up. */
    shareOfPlan: number
    errorShare: number
    lost: number
  }
  /** Of the generator's busiest worker while activities ran, 1 is a whole core; null where the run could not be made. */
  cpuShare: number | null
  resources: ResourceUse[]
  /** Where the step's own result lies, relative to the directory of this one; null where it was not kept. */
  result: string | null
}

/** What one process, or the machine, used during a step's active part. */
export interface ResourceUse {
  /** `generator`, `api`, `broker`, `machine`, or the name that was given to a process. */
  name: string
  /** Processor seconds a second: 1 is one core kept busy. */
  cpuCores: number
  /** Cores there are for it. */
  cores: number
  /** CPU seconds of the active part and of the part in which users were connected and did nothing. */
  cpuSeconds: number
  memoryBytes: number | null
  /** Shares of limits, 0 to 1, by what is limited: `memory`, `connections`, `file descriptors`. */
  shares: Record<string, number>
}

export interface Bracket {
  /** Highest load that repeats confirmed; null when none was. */
  verified: number | null
  /** Repeats that confirmed it. */
  repeats: number
  /** Lowest load that repeats refuted; null when none was. */
  refuted: number | null
  /** Repeats that refuted it, and single steps in which something broke beside the latencies. */
  refutedRepeats: number
  /**
   * `bracketed`: both ends stand. `generator-limited`: the target held all that this generator can do. `unmet`: not even the
   * first load held. `undecided`: time, a signal or runs that could
   * not be made ended it before that.
   */
  outcome: 'bracketed' | 'generator-limited' | 'unmet' | 'undecided'
}

/**
 * Widest bracket, refuted by verified, whose lower end tells what the target holds: a search with all the time it wants bisects to
 * 8 % and ends a step of 5 % further out at either end.
 */
export const WIDEST_BRACKET = 1.2

export interface ResourceLimit {
  /** As in `ResourceUse.name`, with what of it: `broker CPU`, `api CPU`, `machine CPU`, `broker memory`. */
  resource: string
  /** 0 to 1. */
  share: number
  says: string
}

export interface CapacityCost {
  /** Whose cost it is, as in `ResourceUse.name`: all that was seen of the target. Empty before 1.2. */
  processes: string[]
  /** CPU seconds of these per 1,000 deliveries, idle cost included; null where it was not seen of each. */
  cpuSecondsPer1000Deliveries: number | null
  /** CPU seconds a second per 1,000 users that are connected and do nothing. */
  cpuCoresPer1000IdleUsers: number | null
  memoryBytesPer1000Users: number | null
}

/** The Universal Scalability Law over deliveries a second by load, published only where its rules allow. */
export type ScalabilityFit =
  | {
      isPublished: true
      lambda: number
      sigma: number
      kappa: number
      /** The load of most throughput; null where it lies too far outside of what was measured. */
      peakLoad: number | null
      /** 95 % interval of `peakLoad` by case bootstrap. */
      peakInterval: [number, number] | null
      says: string
    }
  | { isPublished: false; says: string }

export interface SoakOutcome {
  load: number
  durationSeconds: number
  status: 'pass' | 'fail' | 'generator' | 'fault'
  /** Change per hour of p99 (share) and of the target's memory (bytes); null where not seen. */
  p99SlopePerHour: number | null
  memorySlopeBytesPerHour: number | null
  reasons: string[]
}

export interface OverloadOutcome {
  overloadLoad: number
  recoverLoad: number
  /** From the end of the overload until latencies were within the objective again; null when they never were. */
  recoverySeconds: number | null
  reasons: string[]
}
