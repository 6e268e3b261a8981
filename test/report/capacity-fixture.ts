import {
  CAPACITY_SCHEMA_VERSION,
  type CapacityResult,
  type CapacityStep,
  type ResourceUse,
} from '../../src/measure/capacity.ts'
import { healthyResult, HOSTILE } from './fixture.ts'

/** A search that found both ends: 12,400 users hold three times, 13,020 do not, since the broker's core is full. */
export function bracketedSearch(): CapacityResult {
  const steps = SEARCH.map(([phase, load, seconds], i) => stepOf(i + 1, phase, load, seconds ?? 40))
  return {
    schema: 'stompede.capacity',
    schemaVersion: CAPACITY_SCHEMA_VERSION,
    run: {
      id: '20261122-101530-capacity-steady',
      kind: 'capacity',
      startedAt: '2026-11-22T10:15:30.000Z',
      endedAt: '2026-11-22T10:54:12.318Z',
      durationSeconds: 2322,
      isPartial: false,
      stoppedBy: 'plan',
      tags: { build: '1.8.2' },
      command:
        "stompede capacity scenarios/steady.ts --objective 'message_last_delivery:p(99)<250' --planned 9000",
    },
    plan: {
      scenario: 'steady',
      description: 'Everyday chat at a constant pace per user',
      source: 'scenarios/steady.ts',
      seed: 42,
      hash: '5f0c9a7e21b4d836',
      unit: 'users',
      objectives: [
        'message_last_delivery:p(99)<250',
        'http_req_failed:rate<0.001',
        'deliveries_lost:count==0',
      ],
      stepSeconds: 30,
      budgetSeconds: 3600,
      startLoad: 1000,
      plannedLoad: 9000,
    },
    environment: { ...healthyResult().environment, cores: 8 },
    calibration: {
      ceiling: 38_200,
      mostLoad: 26_700,
      says: '70 % of the 38,200 users at which the generator’s busiest worker would reach its limit of processor time',
      points: [2000, 6000, 12_000, 20_000].map((load) => ({
        load,
        cpuShare: 0.02 + (0.78 * load) / 38_200,
        validity: 'valid' as const,
      })),
    },
    steps,
    bracket: { verified: 12_400, repeats: 3, refuted: 13_020, refutedRepeats: 3, outcome: 'bracketed' },
    limit: {
      resource: 'broker CPU',
      share: 0.97,
      says: 'broker CPU 97 %',
    },
    maxThroughput: { load: 12_400, deliveriesPerSecond: deliveriesAt(12_400) },
    headroom: { share: 1 - 9000 / 12_400, rating: 'tight' },
    cost: {
      processes: ['api', 'broker'],
      cpuSecondsPer1000Deliveries: 0.1347,
      cpuCoresPer1000IdleUsers: 0.0082,
      memoryBytesPer1000Users: 318_767_104,
    },
    estimate: { load: 12_812, method: 'isotonic' },
    scalability: {
      isPublished: true,
      lambda: 1.03,
      sigma: 0.000_012,
      kappa: 1.6e-9,
      peakLoad: 19_400,
      peakInterval: [17_100, 23_800],
      says: 'most throughput at a load of 19,400 (95 % interval 17,100 to 23,800); no statement beyond 25,166',
    },
    soak: {
      load: 9920,
      durationSeconds: 600,
      status: 'pass',
      p99SlopePerHour: 0.012,
      memorySlopeBytesPerHour: 9_437_184,
      reasons: [],
    },
    overload: {
      overloadLoad: 16_120,
      recoverLoad: 6200,
      recoverySeconds: 14,
      reasons: [],
    },
    undecided: [],
    headline:
      'Verified 12,400 users at p(99) of message_last_delivery ≤ 250 ms (3 repeats); refuted at 13,020. Limit: broker CPU 97 %.',
    verdict: { status: 'pass', exitCode: 0, reasons: [] },
  }
}

/** A search whose answer is below the planned load, with steps in which the generator was not fit or nothing could be run. */
export function shortSearch(): CapacityResult {
  const result = bracketedSearch()
  result.plan.plannedLoad = 15_000
  result.headroom = { share: 1 - 15_000 / 12_400, rating: 'short' }
  result.scalability = {
    isPublished: false,
    says: '5 levels of load were measured, 8 are needed',
  }
  result.steps[7] = {
    ...(result.steps[7] as CapacityStep),
    outcome: 'generator',
    validity: 'invalid',
    reasons: ['the generator’s event loop was late by 31 ms (p99), limit 10 ms'],
  }
  result.steps[12] = {
    ...(result.steps[12] as CapacityStep),
    outcome: 'fault',
    latency: null,
    resources: [],
    result: null,
    objectives: result.plan.objectives.map((expression) => ({
      expression,
      observed: null,
      limit: 0,
      isAtLeast: false,
      count: null,
      status: 'unknown',
    })),
    reasons: ['TARGET_UNREACHABLE: connect ECONNREFUSED 127.0.0.1:15674'],
  }
  result.soak = {
    load: 9920,
    durationSeconds: 312,
    status: 'fail',
    p99SlopePerHour: 0.94,
    memorySlopeBytesPerHour: 731_906_048,
    reasons: ['p99 grew by 94 % an hour', 'the target’s memory grew by 698 MiB an hour'],
  }
  result.overload = {
    overloadLoad: 16_120,
    recoverLoad: 6200,
    recoverySeconds: null,
    reasons: ['p99 stayed at 910 ms'],
  }
  result.verdict = {
    status: 'fail',
    exitCode: 99,
    reasons: ['12,400 users are verified, 15,000 are planned', 'the soak at 9,920 users did not hold'],
  }
  return result
}

/** A search that a budget ended before anything was confirmed. */
export function undecidedSearch(): CapacityResult {
  const result = bracketedSearch()
  return {
    ...result,
    run: { ...result.run, isPartial: true, stoppedBy: 'budget', durationSeconds: 300 },
    plan: { ...result.plan, unit: 'arrivals/s', plannedLoad: null, budgetSeconds: 300 },
    calibration: null,
    steps: result.steps.slice(0, 4),
    bracket: { verified: null, repeats: 0, refuted: null, refutedRepeats: 0, outcome: 'undecided' },
    limit: null,
    maxThroughput: { load: 4096, deliveriesPerSecond: deliveriesAt(4096) },
    headroom: null,
    cost: {
      processes: [],
      cpuSecondsPer1000Deliveries: null,
      cpuCoresPer1000IdleUsers: null,
      memoryBytesPer1000Users: null,
    },
    estimate: null,
    scalability: { isPublished: false, says: '4 levels of load were measured, 8 are needed' },
    soak: null,
    overload: null,
    undecided: ['the highest load that holds: 4,096 arrivals/s held once, nothing higher was tried'],
    headline: 'No load was confirmed within 5 min: 4,096 arrivals/s held once.',
    verdict: { status: 'inconclusive', exitCode: 13, reasons: ['time ran out before any load was repeated'] },
  }
}

/** A search whose generator was late in every step, so that what did not hold says nothing. */
export function unfitSearch(): CapacityResult {
  const result = undecidedSearch()
  const reason = 'the generator was unfit: lateness 31 ms, limit 2.5 ms'
  return {
    ...result,
    run: { ...result.run, isPartial: false, stoppedBy: 'plan' },
    calibration: bracketedSearch().calibration,
    steps: result.steps.map((step) => ({
      ...step,
      outcome: 'generator',
      validity: 'invalid',
      reasons: [reason],
    })),
    bracket: { ...result.bracket, outcome: 'generator-limited' },
    maxThroughput: null,
    undecided: [],
    headline:
      'Nothing verified at p(99) of message_last_delivery ≤ 250 ms: the generator was not fit to measure (generator-limited).',
    verdict: { status: 'inconclusive', exitCode: 13, reasons: ['the generator was not fit to measure'] },
  }
}

/** A search that ended before its first step. */
export function emptySearch(): CapacityResult {
  return { ...undecidedSearch(), steps: [], maxThroughput: null, undecided: [], headline: 'Nothing was run.' }
}

/** A search whose every text that can come from outside is hostile, some of them very long. */
export function hostileSearch(): CapacityResult {
  const result = shortSearch()
  const long = HOSTILE + '<'.repeat(100_000)
  return {
    ...result,
    run: { ...result.run, id: HOSTILE, command: HOSTILE, tags: { [HOSTILE]: HOSTILE } },
    plan: {
      ...result.plan,
      scenario: HOSTILE,
      description: HOSTILE,
      source: HOSTILE,
      objectives: [HOSTILE, `a|b\n${HOSTILE}`],
    },
    environment: {
      ...result.environment,
      target: {
        apiUrl: HOSTILE,
        stompUrl: HOSTILE,
        isOwn: false,
        broker: HOSTILE,
        faults: [HOSTILE],
        behaviour: HOSTILE,
      },
    },
    calibration: { ceiling: null, mostLoad: null, says: HOSTILE, points: [] },
    steps: result.steps.map((step) => ({
      ...step,
      reasons: [long, HOSTILE],
      result: `../../${HOSTILE}`,
      objectives: step.objectives.map((each) => ({ ...each, expression: HOSTILE })),
      resources: step.resources.map((use) => ({
        ...use,
        name: `${HOSTILE}${use.name}`,
        shares: { [HOSTILE]: 0.5 },
      })),
    })),
    limit: { resource: HOSTILE, share: 0.9, says: HOSTILE },
    cost: { ...result.cost, processes: [HOSTILE, long] },
    scalability: { isPublished: false, says: HOSTILE },
    soak: result.soak === null ? null : { ...result.soak, reasons: [HOSTILE] },
    undecided: [HOSTILE],
    headline: HOSTILE,
    verdict: { status: 'fail', exitCode: 99, reasons: [HOSTILE, long] },
  }
}

/** A search of `count` steps, each with much to say. */
export function hugeSearch(count = 1200): CapacityResult {
  const result = shortSearch()
  const steps = Array.from({ length: count }, (_, i) => ({
    ...(result.steps[i % result.steps.length] as CapacityStep),
    number: i + 1,
    reasons: Array.from({ length: 6 }, () =>
      'p99 of message_last_delivery was 512 ms, limit 250 ms, as often before '.repeat(4),
    ),
  }))
  return { ...result, steps }
}

// --- internal ---

const SEARCH: readonly (readonly [phase: CapacityStep['phase'], load: number, seconds?: number])[] = [
  ['ramp', 1000],
  ['ramp', 1600],
  ['ramp', 2560],
  ['ramp', 4096],
  ['ramp', 6554],
  ['ramp', 10_486],
  ['ramp', 16_777],
  ['bisect', 13_264],
  ['bisect', 11_794],
  ['bisect', 12_507],
  ['verify', 12_400],
  ['refute', 13_020],
  ['verify', 12_400],
  ['refute', 13_020],
  ['verify', 12_400],
  ['refute', 13_020],
  ['soak', 9920, 600],
  ['overload', 16_120, 60],
  ['recover', 6200, 60],
]

function deliveriesAt(load: number): number {
  return Math.round(((1.03 * load) / (1 + 0.000_012 * (load - 1) + 1.6e-9 * load * (load - 1))) * 10) / 10
}

/** A little of its own for every step, the same in every test run. */
function scatter(number: number): number {
  return Math.sin(number * 12.9898) * 0.5
}

function stepOf(
  number: number,
  phase: CapacityStep['phase'],
  load: number,
  durationSeconds: number,
): CapacityStep {
  const busy = load / 13_400
  const p99Ms = Math.min(2400, 22 + 14 * busy + 380 * busy ** 13) * (1 + 0.09 * scatter(number))
  const isHeld = p99Ms < 250
  const lost = busy > 1.15 ? Math.round((busy - 1.15) * 4000) : 0
  const objectives: CapacityStep['objectives'] = [
    {
      expression: 'message_last_delivery:p(99)<250',
      observed: Math.round(p99Ms * 10) / 10,
      limit: 250,
      isAtLeast: false,
      count: Math.round(load * 1.1),
      status: isHeld ? 'pass' : 'fail',
    },
    {
      expression: 'http_req_failed:rate<0.001',
      observed: busy > 1.1 ? 0.004 : 0,
      limit: 0.001,
      isAtLeast: false,
      count: null,
      status: busy > 1.1 ? 'fail' : 'pass',
    },
    {
      expression: 'deliveries_lost:count==0',
      observed: lost,
      limit: 0,
      isAtLeast: false,
      count: null,
      status: lost === 0 ? 'pass' : 'fail',
    },
  ]
  return {
    number,
    phase,
    load,
    users: load,
    seed: 42 + number,
    startedAt: new Date(Date.UTC(2026, 10, 22, 10, 17) + number * 110_000).toISOString(),
    durationSeconds,
    outcome: objectives.every(({ status }) => status === 'pass') ? 'pass' : 'fail',
    reasons: objectives
      .filter(({ status }) => status === 'fail')
      .map(({ expression, observed }) => `${expression} was ${observed}`),
    objectives,
    isBrokenBeside: lost > 0 || busy > 1.1,
    validity: 'valid',
    latency: {
      p50Us: Math.round((7 + 5 * busy + 20 * busy ** 9) * 1e3 * (1 + 0.05 * scatter(number + 7))),
      p99Us: Math.round(p99Ms * 1e3),
      atLeast: [],
      count: Math.round(load * 1.1),
    },
    achieved: {
      deliveriesPerSecond: Math.round(deliveriesAt(load) * (1 + 0.01 * scatter(number + 3)) * 10) / 10,
      sentPerSecond: Math.round(load * 0.021 * 10) / 10,
      shareOfPlan: busy > 1.15 ? 0.982 : 1,
      errorShare: busy > 1.1 ? 0.004 : 0,
      lost,
    },
    cpuShare: 0.05 + (load / 12_400) * 0.5,
    resources: usesAt(busy, load, durationSeconds),
    result: `steps/${String(number).padStart(2, '0')}-${phase}-${load}/result.json`,
  }
}

function usesAt(busy: number, load: number, seconds: number): ResourceUse[] {
  const use = (name: string, cpuCores: number, cores: number, memoryBytes: number | null): ResourceUse => ({
    name,
    cpuCores: Math.round(cpuCores * 1e3) / 1e3,
    cores,
    cpuSeconds: Math.round(cpuCores * seconds * 10) / 10,
    memoryBytes,
    shares: name === 'broker' ? { memory: 0.11 + 0.2 * busy, connections: load / 65_536 } : {},
  })
  const broker = Math.min(0.985, 0.04 + 0.9 * busy)
  return [
    use('generator', 0.1 + 0.62 * busy, 8, 412_090_368),
    use('api', 0.05 + 0.71 * busy, 8, 201_326_592),
    use('broker', broker, 1, 94_371_840 + load * 318_767),
    use('machine', 0.2 + 1.33 * busy + broker, 8, null),
  ]
}
