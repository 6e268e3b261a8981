import { addAccounts } from '../../src/engine/account.ts'
import type { Second } from '../../src/engine/timeline.ts'
import type { ValidityEvidence } from '../../src/engine/validity.ts'
import { judgeValidity } from '../../src/engine/validity.ts'
import { type EncodedHistogram, Histogram } from '../../src/measure/histogram.ts'
import { type Counters, emptyCounters } from '../../src/measure/metrics.ts'
import type { ValidityCheck } from '../../src/measure/result.ts'
import { completeScenario } from '../../src/scenario/complete.ts'
import type { Scenario, ScenarioInput } from '../../src/scenario/scenario.ts'

/** A scenario as the engine gets it. */
export function scenarioOf(input: Partial<ScenarioInput> = {}, users = 100): Scenario {
  const scenario = completeScenario(
    {
      users: { executor: 'constant-vus', vus: users, duration: '14s' },
      activities: {
        say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '12s', rate: 40 },
      },
      ...input,
    },
    'made-up',
    'made-up.yaml',
    { env: {} },
  )
  if (Array.isArray(scenario)) throw new Error(scenario.join('; '))
  return scenario
}

/** A histogram of the same latency so many times, or of several. */
export function latencies(...groups: [count: number, ms: number][]): Histogram {
  const histogram = new Histogram(3)
  for (const [count, ms] of groups) for (let i = 0; i < count; i++) histogram.record(ms * 1e3)
  return histogram
}

/** What happened in a second. Counters are what they gained in it. */
export interface Happened {
  counters?: Partial<Counters>
  /** Deliveries on their way, on average. */
  onTheWay?: number
  /** Standard deviation of that. */
  uncertain?: number
  /** Seconds that copies had been on their way that need not have come. */
  optionalS?: number
  histograms?: Record<string, Histogram>
}

/** The seconds 1, 2, … of a run. */
export function secondsOf(happened: readonly Happened[]): Second[] {
  const counters = emptyCounters()
  return happened.map((each, i) => {
    for (const [name, by] of Object.entries(each.counters ?? {})) counters[name as keyof Counters] += by
    const histograms: Record<string, EncodedHistogram> = {}
    for (const [name, histogram] of Object.entries(each.histograms ?? {}))
      histograms[name] = histogram.encode()
    return {
      ...addAccounts([]),
      second: i + 1,
      counters: { ...counters },
      usersWanted: 100,
      users: 100,
      pending: 0,
      pendingMessages: 0,
      inFlight: {
        areaUs: (each.onTheWay ?? 0) * 1e6,
        varianceUs2: ((each.uncertain ?? 0) * 1e6) ** 2,
        optionalUs: (each.optionalS ?? 0) * 1e6,
      },
      histograms,
      labelled: {},
      topErrors: [],
      health: [],
    }
  })
}

/** A run of 14 s that nothing is wrong with: 40 messages a second to ten users each, on their way for 50 ms. */
export function evidence(change: Partial<ValidityEvidence> = {}): ValidityEvidence {
  const busy: Happened = {
    counters: {
      messages_sent: 40,
      iterations: 40,
      deliveries_expected: 400,
      deliveries_received: 400,
      ws_msgs_received: 400,
    },
    onTheWay: 20,
    histograms: {
      message_delivery: latencies([400, 50]),
      'message_delivery{basis:service}': latencies([400, 50]),
    },
  }
  const seconds = secondsOf([{}, ...Array.from({ length: 12 }, () => busy), {}])
  return {
    scenario: scenarioOf(),
    environment: { cores: 4, workers: 1, target: { isOwn: false } },
    counters: (seconds.at(-1) as Second).counters,
    labelled: {},
    trends: { generator_lateness: latencies([480, 1]), message_delivery: latencies([4800, 50]) },
    generator: [{ shard: 0, loopDelayP99Us: 2_000, cpuShare: 0.2, heapBytes: 1e7 }],
    seconds,
    isDrained: true,
    pendingMessages: 0,
    ...change,
  }
}

/** One check of the evidence. */
export function checkOf(id: string, change: Partial<ValidityEvidence> = {}): ValidityCheck {
  const found = judgeValidity(evidence(change)).checks.find((check) => check.id === id)
  if (found === undefined) throw new Error(`no check is called ${id}`)
  return found
}
