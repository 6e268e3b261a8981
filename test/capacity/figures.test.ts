import { describe, expect, it } from 'vitest'
import { recoveryObjective, recoveryOf, soakOf, stoppedAfterwards } from '../../src/capacity/aftermath.ts'
import { capacityResult } from '../../src/capacity/capacity-result.ts'
import { calibrationOf, refinedBy } from '../../src/capacity/ceiling.ts'
import { costOf } from '../../src/capacity/cost.ts'
import { guessedTruth, stepsAhead, stepsFromStart } from '../../src/capacity/forecast.ts'
import { headlineOf, headroomOf, verdictOf } from '../../src/capacity/headline.ts'
import { limitOf } from '../../src/capacity/limit.ts'
import { above, asLoad, below, between, floorLoad, loadWords } from '../../src/capacity/loads.ts'
import { type Objective, parseObjective, samplesWanted } from '../../src/capacity/objective.ts'
import { confirmingLength } from '../../src/capacity/step-length.ts'
import type { Bracket, CapacityStep, ResourceUse } from '../../src/measure/capacity.ts'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { bracketedSearch } from '../report/capacity-fixture.ts'
import { healthyResult } from '../report/fixture.ts'
import { objective, P99, search, step } from './searching.ts'

const use = (name: string, cpuCores: number, more: Partial<ResourceUse> = {}): ResourceUse => ({
  name,
  cpuCores,
  cores: 4,
  cpuSeconds: cpuCores * 10,
  memoryBytes: null,
  shares: {},
  ...more,
})

describe('an objective', () => {
  it('is a metric, a colon and a threshold; a sub-metric has colons of its own', () => {
    expect(objective('message_delivery:p(99)<250')).toMatchObject({
      isLatency: true,
      threshold: { limit: 250 },
    })
    expect(objective('http_req_duration{call:send-message}:p(95)<=100').threshold).toMatchObject({
      metric: 'http_req_duration{call:send-message}',
      limit: 100,
    })
    expect(objective('http_req_failed:rate<0.001').isLatency).toBe(false)
    expect(objective('message_delivery:count>10').isLatency).toBe(false)
  })

  it.each([
    ['message_delivery', 'is not "<metric>:<threshold>"'],
    ['nothing:p(99)<250', 'no metric is called "nothing"'],
    ['message_delivery:p(101)<250', 'above 100'],
    ['message_delivery:p(99)<0', 'never below 0 ms'],
  ])('refuses %s', (text, why) => {
    expect(parseObjective(text)).toContain(why)
  })

  it('wants 30 samples beyond its percentile', () => {
    expect(samplesWanted(objective('message_delivery:p(99)<250'))).toBe(3_000)
    expect(samplesWanted(objective('message_delivery:p(99.9)<250'))).toBe(30_000)
    expect(samplesWanted(objective('message_delivery:med<250'))).toBe(60)
    expect(samplesWanted(objective('message_delivery:max<250'))).toBe(0)
    expect(samplesWanted(objective('http_req_failed:count==0'))).toBe(0)
  })
})

describe('a load', () => {
  it('is whole users, or a rate to four digits', () => {
    expect(asLoad(0.2, 'users')).toBe(1)
    expect(asLoad(123.456, 'arrivals/s')).toBe(123.5)
    expect([floorLoad(200.7, 'users'), floorLoad(123.46, 'arrivals/s')]).toEqual([200, 123.4])
  })

  it('reads as it is run: no two loads the same, none as nothing', () => {
    const words = (load: number): string => loadWords(load, 'arrivals/s')
    expect([0.0102, 0.0107, 0.04, 350.5, 12_350].map(words)).toEqual([
      '0.0102 arrivals/s',
      '0.0107 arrivals/s',
      '0.04 arrivals/s',
      '350.5 arrivals/s',
      '12,350 arrivals/s',
    ])
    expect([1, 12_345].map((load) => loadWords(load, 'users'))).toEqual(['1 user', '12,345 users'])
  })

  it('has neighbours 5 % away, and at least one user', () => {
    expect([above(100, 'users'), below(100, 'users')]).toEqual([105, 95])
    expect([above(4, 'users'), below(4, 'users'), below(1, 'users')]).toEqual([5, 3, undefined])
    expect([above(2, 'arrivals/s'), below(2, 'arrivals/s')]).toEqual([2.1, 1.905])
  })

  it('has a middle where there is one', () => {
    expect([between(100, 160, 'users'), between(5, 6, 'users')]).toEqual([126, undefined])
  })
})

describe('the calibration', () => {
  const settings = { unit: 'users', cpuLimit: 0.8, power: 1, bound: undefined } as const
  const point = (load: number, cpuShare: number) => ({ load, cpuShare, validity: 'valid' as const })

  it('draws a line through two loads to the limit of a worker, and believes 70 % of it', () => {
    // 0.05 + 0.0001 × load = 0.8 at 7,500.
    expect(calibrationOf([point(1_000, 0.15), point(2_500, 0.3)], settings)).toMatchObject({
      ceiling: expect.closeTo(7_500, 6) as number,
      mostLoad: 5_250,
    })
  })

  it('draws it through the origin with one load, or where it would begin below', () => {
    expect(calibrationOf([point(1_000, 0.1)], settings).ceiling).toBeCloseTo(8_000, 6)
    expect(calibrationOf([point(1_000, 0.1), point(2_500, 0.4)], settings).ceiling).toBeCloseTo(5_000, 6)
  })

  it('takes the square of the load where deliveries grow with it', () => {
    expect(calibrationOf([point(1_000, 0.2)], { ...settings, power: 2 }).ceiling).toBeCloseTo(2_000, 6)
  })

  it('says what bounds the load before the processor does', () => {
    const bound = { load: 2_000, what: 'file descriptors' }
    expect(calibrationOf([point(1_000, 0.1)], { ...settings, bound })).toMatchObject({
      mostLoad: 2_000,
      says: 'file descriptors allow 2,000 users',
    })
  })

  it('draws it through the lightest load that already kept a worker at its limit, whatever the heavier ones show', () => {
    // What is at its end uses no more: a line through both would begin above the limit, and know no bound.
    const most = (load: number, ...shares: [number, number]) =>
      calibrationOf([point(load, shares[0]), point(2.5 * load, shares[1])], settings).mostLoad
    // 70 % of 2,000 × 0.8 / 0.96.
    expect(most(2_000, 0.96, 0.99)).toBe(1_166)
    expect(most(2_000, 0.96, 0.95)).toBe(1_166)
    // A line from 0.85 to 0.94 would reach the limit at 500, which is far less than was nearly carried.
    expect(most(3_000, 0.85, 0.94)).toBe(1_976)
    const squared = calibrationOf([point(1_000, 0.9), point(2_500, 1)], { ...settings, power: 2 })
    expect(squared.ceiling).toBeCloseTo(942.8, 1)
  })

  it('knows no bound where the load was too light to tell', () => {
    expect(calibrationOf([point(10, 0.001)], settings)).toMatchObject({ ceiling: null, mostLoad: null })
  })

  it('is refined by the heaviest load that held, and by the run of it that cost most', () => {
    const rough = calibrationOf([point(1_000, 0.1), point(2_500, 0.19)], settings)
    const used = (load: number, outcome: 'pass' | 'fail', cpuShare: number | null): CapacityStep => ({
      ...step('ramp', load, outcome),
      cpuShare,
    })
    const steps = [used(5_000, 'pass', 0.2), used(5_000, 'pass', 0.26), used(8_000, 'fail', 0.7)]
    // 0.06 + 0.00004 × load = 0.8 at 18,500.
    expect(refinedBy(rough, steps, settings)).toMatchObject({
      ceiling: expect.closeTo(18_500, 6) as number,
      mostLoad: 12_950,
    })
    expect(rough.mostLoad).toBeLessThan(9_000)
    expect(refinedBy(rough, [used(2_000, 'pass', 0.1), used(9_000, 'pass', null)], settings)).toBe(rough)
  })
})

describe('the resource that ran out', () => {
  const at = (resources: ResourceUse[], load = 100): CapacityStep => ({
    ...step('refute', load, 'fail'),
    resources,
  })

  it('is the one nearest to its limit at the refuted load, by the mean of the repeats', () => {
    const steps = [at([use('broker', 3.8), use('api', 0.5)]), at([use('broker', 3.88), use('api', 0.5)])]
    expect(limitOf(steps, 100)).toEqual({ resource: 'broker CPU', share: 0.96, says: 'broker CPU 96 %' })
    expect(limitOf(steps, 200)).toBeNull()
  })

  it('is a thread where a process has but one that everything passes', () => {
    const busy = use('api', 1.1, { shares: { 'busiest thread': 0.99 } })
    expect(limitOf([at([busy, use('machine', 2)])], 100)?.says).toBe('api CPU (one thread) 99 %')
  })

  it('is the machine only where nothing else explains it, with who used it', () => {
    const resources = [use('machine', 3.96), use('api', 1), use('generator', 1.5), use('broker', 1.4)]
    expect(limitOf([at(resources)], 100)?.says).toBe(
      'machine CPU 99 % (api 1.0, generator 1.5, broker 1.4 of 4 cores)',
    )
  })

  it('is memory or connections where the broker says so without its processor', () => {
    const told = { ...use('broker', 0, { shares: { memory: 0.93, sockets: 0.2 } }), cores: 0 }
    expect(limitOf([at([told])], 100)?.says).toBe('broker memory 93 %')
  })

  it('is nothing where all was well below', () => {
    expect(limitOf([at([use('broker', 3), use('machine', 3.2)])], 100)).toBeNull()
  })
})

describe('the cost', () => {
  const passed = (users: number, cores: number, deliveries: number, memoryBytes: number): CapacityStep => {
    const made = step('ramp', users, 'pass')
    const resources = [
      use('api', cores / 2, { memoryBytes }),
      use('broker', cores / 2, { memoryBytes: 0 }),
      use('generator', 9),
    ]
    return { ...made, resources, achieved: { ...made.achieved, deliveriesPerSecond: deliveries } }
  }

  it('is the target’s processor time over its deliveries, the median of steps that held', () => {
    const steps = [passed(100, 0.1, 1_000, 1e6), passed(200, 0.24, 2_000, 2e6), passed(300, 9, 3_000, 3e6)]
    const failed = { ...passed(400, 50, 10, 9e6), outcome: 'fail' as const }
    const cost = costOf(
      [...steps, failed],
      [{ users: 500, resources: [use('api', 0.015), use('broker', 0.005), use('machine', 3)] }],
    )
    expect(cost.cpuSecondsPer1000Deliveries).toBeCloseTo(0.12, 9)
    expect(cost.cpuCoresPer1000IdleUsers).toBeCloseTo(0.04, 9)
    expect(cost.memoryBytesPer1000Users).toBeCloseTo(1e7, 0)
  })

  it('is not known where the target was not seen, and memory not with fewer than three loads', () => {
    const unseen = { ...passed(100, 1, 1, 1), resources: [use('generator', 1), use('machine', 1)] }
    expect(costOf([unseen], [])).toEqual({
      processes: [],
      cpuSecondsPer1000Deliveries: null,
      cpuCoresPer1000IdleUsers: null,
      memoryBytesPer1000Users: null,
    })
    expect(costOf([passed(1, 1, 1, 1e6), passed(2, 1, 1, 2e6)], []).memoryBytesPer1000Users).toBeNull()
  })

  it('leaves out steps that outlast the search or change the target: a soak that leaks is no user’s memory', () => {
    const steps = [
      passed(100, 0.1, 1_000, 60e6),
      passed(160, 0.16, 1_600, 66e6),
      passed(256, 0.256, 2_560, 75.6e6),
    ]
    const after = (['soak', 'overload', 'recover'] as const).map((phase) => ({
      ...passed(200, 5, 1_000, 400e6),
      phase,
    }))
    expect(costOf([...steps, ...after], [])).toEqual(costOf(steps, []))
    expect(costOf(steps, []).memoryBytesPer1000Users).toBeCloseTo(1e8, 0)
  })

  it('says whose it is, and nothing of processor time where a part of the target does not tell', () => {
    const steps = [100, 200, 300].map((users) => passed(users, 0.1, 1_000, users * 1e4))
    expect(costOf(steps, []).processes).toEqual(['api', 'broker'])
    const toldOnly = { ...use('broker', 0, { memoryBytes: 5e6 }), cores: 0 }
    const remote = steps.map((made) => ({
      ...made,
      resources: made.resources.map((each) => (each.name === 'broker' ? toldOnly : each)),
    }))
    expect(costOf(remote, [])).toMatchObject({
      processes: ['api', 'broker'],
      cpuSecondsPer1000Deliveries: null,
      memoryBytesPer1000Users: expect.closeTo(1e7, 0) as number,
    })
    // A broker that tells of its limits alone is counted by another name.
    const limits = { ...toldOnly, memoryBytes: null }
    const renamed = steps.map((made) => ({
      ...made,
      resources: [
        ...made.resources.map((each) => (each.name === 'broker' ? { ...each, name: 'rabbit' } : each)),
        limits,
      ],
    }))
    expect(costOf(renamed, [])).toEqual({ ...costOf(steps, []), processes: ['api', 'rabbit'] })
  })

  it('leaves out a step in which one of the processes was not seen', () => {
    const [first, second] = [passed(100, 0.1, 1_000, 1e6), passed(200, 0.2, 1_000, 2e6)]
    const half = { ...second, resources: second.resources.filter(({ name }) => name !== 'broker') }
    expect(costOf([first, half, half], []).cpuSecondsPer1000Deliveries).toBeCloseTo(0.1, 9)
  })
})

describe('the headline and the verdict', () => {
  const bracket = (change: Partial<Bracket> = {}): Bracket => ({
    verified: 12_400,
    repeats: 3,
    refuted: 13_650,
    refutedRepeats: 3,
    outcome: 'bracketed',
    ...change,
  })
  const limit = { resource: 'broker CPU', share: 0.96, says: 'broker CPU 96 %' }
  const findings = (change: object = {}) => ({
    bracket: bracket(),
    limit,
    ending: 'found' as const,
    unit: 'users' as const,
    objectives: [P99],
    plannedLoad: null,
    undecided: [],
    soak: null,
    overload: null,
    ...change,
  })

  it('says what was verified, what was refuted, and what ran out', () => {
    expect(headlineOf(findings())).toBe(
      'Verified 12,400 users at p(99) ≤ 250 ms (3 repeats); refuted at 13,650. Limit: broker CPU 96 %.',
    )
    expect(headlineOf(findings({ limit: null }))).toMatch(/refuted at 13,650\. Limit: not seen\.$/)
    expect(verdictOf(findings())).toEqual({ status: 'pass', exitCode: 0, reasons: [] })
  })

  it('names every objective and the unit', () => {
    const objectives = [P99, objective('http_req_failed:rate<0.001')]
    expect(headlineOf(findings({ objectives, unit: 'arrivals/s' }))).toContain(
      'Verified 12,400 arrivals/s at p(99) ≤ 250 ms and rate of http_req_failed ≤ 0.001',
    )
  })

  it('takes a generator that ended first for an answer, if a load was verified', () => {
    const limited = bracket({ refuted: null, refutedRepeats: 0, outcome: 'generator-limited' })
    const found = findings({ bracket: limited, ending: 'generator-limited', limit: null })
    expect(headlineOf(found)).toBe(
      'Verified 12,400 users at p(99) ≤ 250 ms (3 repeats); not refuted: the generator ends there (generator-limited).',
    )
    expect(verdictOf(found).exitCode).toBe(0)
    const nothing = findings({ ...found, bracket: { ...limited, verified: null } })
    expect(headlineOf(nothing)).toContain('Nothing verified')
    expect(verdictOf(nothing)).toMatchObject({ status: 'inconclusive', exitCode: 13 })
  })

  it('ends 13 undecided, 99 unmet and 105 stopped', () => {
    const open = bracket({ refuted: null, outcome: 'undecided' })
    const budget = findings({ bracket: open, ending: 'budget', undecided: ['the upper end'] })
    expect(verdictOf(budget)).toEqual({ status: 'inconclusive', exitCode: 13, reasons: ['the upper end'] })
    expect(headlineOf(budget)).toContain('not refuted: the time ran out.')
    const unmet = findings({
      bracket: bracket({ verified: null, refuted: 2, outcome: 'unmet' }),
      ending: 'unmet',
      limit: null,
    })
    expect(headlineOf(unmet)).toBe(
      'Not even 2 users hold p(99) ≤ 250 ms (refuted by 3 repeats). Limit: not seen.',
    )
    expect(verdictOf(unmet).exitCode).toBe(99)
    expect(verdictOf(findings({ bracket: open, ending: 'signal' })).exitCode).toBe(105)
  })

  it('fails by a soak that did not hold, and by an overload without a recovery', () => {
    const soak = {
      load: 9_920,
      durationSeconds: 7_200,
      status: 'fail' as const,
      p99SlopePerHour: 0.4,
      memorySlopeBytesPerHour: null,
      reasons: ['p99 grew by 40 % from the first third to the last'],
    }
    expect(verdictOf(findings({ soak }))).toEqual({
      status: 'fail',
      exitCode: 99,
      reasons: ['the soak at 9,920 users failed: p99 grew by 40 % from the first third to the last'],
    })
    expect(verdictOf(findings({ soak: { ...soak, status: 'pass' } })).exitCode).toBe(0)
    const overload = { overloadLoad: 17_745, recoverLoad: 6_200, recoverySeconds: null, reasons: ['never'] }
    expect(verdictOf(findings({ overload })).exitCode).toBe(99)
    expect(verdictOf(findings({ overload: { ...overload, recoverySeconds: 0 } })).exitCode).toBe(0)
  })

  it('asks of a planned load that it is verified', () => {
    const planned = (plannedLoad: number, change = {}) => verdictOf(findings({ plannedLoad, ...change }))
    expect(planned(12_400).exitCode).toBe(0)
    expect(planned(13_650)).toEqual({
      status: 'fail',
      exitCode: 99,
      reasons: ['13,650 users are planned; 12,400 are verified, 13,650 are refuted'],
    })
    expect(planned(12_401)).toEqual({
      status: 'inconclusive',
      exitCode: 13,
      reasons: [
        '12,401 users are planned; 12,400 is verified, 13,650 refuted: what lies between is not known',
      ],
    })
    const none = {
      bracket: bracket({ verified: null, refuted: 2_560, outcome: 'undecided' }),
      ending: 'budget',
    }
    expect(planned(300, none).exitCode).toBe(13)
    expect(planned(2_560, none)).toMatchObject({
      exitCode: 99,
      reasons: ['2,560 users are planned; not even 2,560 hold'],
    })
    // Above what was verified, and nothing was refuted: nobody knows.
    const open = {
      bracket: bracket({ refuted: null, outcome: 'generator-limited' }),
      ending: 'generator-limited',
    }
    expect(planned(20_000, open).exitCode).toBe(13)
    expect(planned(10_000, open).exitCode).toBe(0)
  })

  it('rates the headroom: 30 % is ample, 10 % is tight', () => {
    expect(headroomOf(1_000, 700)).toEqual({ share: expect.closeTo(0.3, 9) as number, rating: 'ample' })
    expect(headroomOf(1_000, 701)?.rating).toBe('tight')
    expect(headroomOf(1_000, 900)?.rating).toBe('tight')
    expect(headroomOf(1_000, 901)?.rating).toBe('short')
    expect(headroomOf(1_000, 1_200)?.rating).toBe('short')
    expect([headroomOf(null, 1), headroomOf(1, null)]).toEqual([null, null])
  })
})

describe('the forecast', () => {
  const settings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null } as const

  /** A step of 30 s at a load of 100 with so many samples of each objective. */
  function counted(objectives: readonly Objective[], counts: readonly (number | null)[]): CapacityStep {
    const made = step('ramp', 100, 'pass', undefined, objectives)
    return { ...made, objectives: made.objectives.map((row, i) => ({ ...row, count: counts[i] ?? null })) }
  }

  it('counts the steps that the search itself would make', () => {
    const { steps } = search(settings, (load) => ({ outcome: load <= 300 ? 'pass' : 'fail' }))
    expect(stepsAhead(settings, [], 300)).toBe(steps.length)
    expect(stepsAhead(settings, steps.slice(0, 5), 300)).toBe(steps.length - 5)
    expect(stepsAhead(settings, steps, 300)).toBe(0)
    const { fewest, most } = stepsFromStart(settings)
    expect(fewest).toBeGreaterThan(8)
    expect(most).toBeGreaterThan(fewest)
    expect(most).toBeLessThan(25)
  })

  it('guesses the truth between what passed and what failed', () => {
    expect(guessedTruth(settings, [])).toBe(200)
    expect(guessedTruth(settings, [step('ramp', 100, 'pass')])).toBe(200)
    expect(guessedTruth(settings, [step('ramp', 100, 'pass'), step('ramp', 400, 'fail')])).toBe(200)
    expect(guessedTruth({ ...settings, mostLoad: 120 }, [step('ramp', 100, 'pass')])).toBe(120)
  })

  it('makes the steps that confirm longer where percentiles need more samples, and the budget has room', () => {
    const measured = counted([P99], [1_500])
    const length = (load: number, budgetSeconds: number | null = null) =>
      confirmingLength([measured], [P99], load, { baseSeconds: 30, budgetSeconds })
    expect([100, 200, 10].map((load) => length(load).seconds)).toEqual([60, 30, 120])
    expect([720, 300].map((budget) => length(100, budget).seconds)).toEqual([40, 30])
    expect(confirmingLength([], [P99], 100, { baseSeconds: 30, budgetSeconds: null }).seconds).toBe(30)
    // 600 s would be needed at a tenth of the load, 60 s at the same.
    expect([length(100), length(10), length(100, 720)].map(({ short }) => short)).toEqual([[], [P99], [P99]])
  })

  it('makes them as long as the objective wants that wants most, in whatever order they stand', () => {
    const rate = objective('http_req_failed:rate<0.001')
    const calls = objective('http_req_duration:p(99)<100')
    const length = (objectives: Objective[], counts: (number | null)[]) =>
      confirmingLength([counted(objectives, counts)], objectives, 100, {
        baseSeconds: 30,
        budgetSeconds: null,
      })
    expect(length([rate, P99], [null, 1_500]).seconds).toBe(60)
    expect(length([P99, calls], [30_000, 1_000])).toEqual({ seconds: 90, short: [] })
    expect(length([P99, calls], [30_000, 500])).toEqual({ seconds: 120, short: [calls] })
  })
})

describe('what comes after a search', () => {
  /** A run of 40 s with deliveries of so many ms in each second; messages are sent from its third second on. */
  function timed(msOf: (second: number) => number): RunResult {
    const result = healthyResult()
    const columns = result.timeline.columns
    columns['messages_sent'] = Array.from({ length: 40 }, (_, i) => (i < 2 ? 0 : 10))
    result.timeline.deliveryHistograms = Array.from({ length: 40 }, (_, i) => {
      const histogram = new Histogram(2)
      for (let n = 0; n < 100; n++) histogram.record(msOf(i + 1) * 1e3)
      return histogram.encode()
    })
    return result
  }
  const memory = (bytes: (from: number) => number) => (from: number) => [
    use('api', 1, { memoryBytes: bytes(from) }),
    use('generator', 1, { memoryBytes: 1e12 }),
  ]

  it('passes a soak that stays as it was, and tells the slopes per hour', () => {
    const soak = soakOf(
      step('soak', 80, 'pass'),
      timed(() => 100),
      36,
      memory((from) => 1e8 + from * 1e5),
    )
    expect(soak).toMatchObject({
      status: 'pass',
      load: 80,
      durationSeconds: 36,
      p99SlopePerHour: 0,
      reasons: [],
    })
    // From the middle of one third to that of another two thirds later: 1e5 bytes a second.
    expect(soak.memorySlopeBytesPerHour).toBeGreaterThan(3.5e8)
    expect(soak.memorySlopeBytesPerHour).toBeLessThan(4.2e8)
  })

  it('fails a soak whose latencies or memory grow by more than a quarter', () => {
    const slower = soakOf(
      step('soak', 80, 'pass'),
      timed((second) => (second > 25 ? 140 : 100)),
      36,
      memory(() => 1e8),
    )
    expect(slower).toMatchObject({ status: 'fail', reasons: [expect.stringMatching(/^p99 grew by 4\d %/)] })
    const leaking = soakOf(
      step('soak', 80, 'pass'),
      timed(() => 100),
      36,
      memory((from) => (from > 20 ? 2e8 : 1e8)),
    )
    expect(leaking).toMatchObject({
      status: 'fail',
      reasons: [expect.stringContaining('memory grew by 100 %')],
    })
  })

  it('times how long latencies take to come back after an overload', () => {
    const loads = { overloadLoad: 400, recoverLoad: 140, endsAtMs: 20_000 }
    const recovered = recoveryOf(
      timed((second) => (second > 10 && second <= 27 ? 900 : 100)),
      P99,
      loads,
    )
    expect(recovered).toEqual({ overloadLoad: 400, recoverLoad: 140, recoverySeconds: 7, reasons: [] })
    expect(
      recoveryOf(
        timed((second) => (second > 10 ? 900 : 100)),
        P99,
        loads,
      ),
    ).toMatchObject({ recoverySeconds: null })
    const harmless = recoveryOf(
      timed(() => 100),
      P99,
      loads,
    )
    expect(harmless).toMatchObject({
      recoverySeconds: 0,
      reasons: [expect.stringContaining('broke nothing')],
    })
  })

  it('does not take four calm seconds for recovery', () => {
    const loads = { overloadLoad: 400, recoverLoad: 140, endsAtMs: 20_000 }
    const again = timed((second) => ((second > 10 && second <= 22) || second === 27 ? 900 : 100))
    expect(recoveryOf(again, P99, loads).recoverySeconds).toBe(7)
  })
})

describe('the time to recover', () => {
  const loads = { overloadLoad: 400, recoverLoad: 140, endsAtMs: 20_000 }
  /** A run of 40 s with so many ms for the 100 deliveries of each second, or none of them; columns are 10 a second unless told. */
  function run(msOf: (second: number) => number[], columns: Record<string, (second: number) => number> = {}) {
    const result = healthyResult()
    const seconds = Array.from({ length: 40 }, (_, i) => i + 1)
    const told = {
      messages_sent: () => 10,
      pending_deliveries: () => 0,
      dropped_iterations: () => 0,
      ...columns,
    }
    for (const [name, valueOf] of Object.entries(told)) result.timeline.columns[name] = seconds.map(valueOf)
    result.timeline.deliveryHistograms = seconds.map((second) => {
      const histogram = new Histogram(2)
      for (const ms of msOf(second)) histogram.record(ms * 1e3)
      return histogram.count === 0 ? null : histogram.encode()
    })
    return result
  }
  const flat = (ms: number): number[] => Array.from({ length: 100 }, () => ms)
  const untilDead = (second: number): number[] => (second <= 20 ? flat(second > 10 ? 900 : 100) : [])

  it('is not over because nothing is delivered any more', () => {
    expect(recoveryOf(run(untilDead), P99, loads)).toEqual({
      overloadLoad: 400,
      recoverLoad: 140,
      recoverySeconds: null,
      reasons: ['latencies did not come back within what was left of the run'],
    })
    // Sent before, and still owed; or not even sent, since nobody is connected.
    const last = (second: number): number => (second <= 20 || second === 40 ? 10 : 0)
    const owed = { messages_sent: last, pending_deliveries: (second: number) => (second > 20 ? 50 : 0) }
    expect(recoveryOf(run(untilDead, owed), P99, loads).recoverySeconds).toBeNull()
    const offline = { messages_sent: last, dropped_iterations: (second: number) => (second > 20 ? 10 : 0) }
    expect(recoveryOf(run(untilDead, offline), P99, loads).recoverySeconds).toBeNull()
  })

  it('counts seconds in which nothing was owed as calm', () => {
    const even = (second: number): boolean => second > 26 && second % 2 === 0
    const sparse = run((second) => (even(second) ? [] : flat(second > 10 && second <= 26 ? 900 : 100)), {
      messages_sent: (second) => (even(second) ? 0 : 10),
    })
    expect(recoveryOf(sparse, P99, loads).recoverySeconds).toBe(6)
  })

  it('is timed by what the objective asks for: the slowest, the mean, the fastest or a percentile', () => {
    // One of a hundred stays slow: only the slowest and the mean show it.
    const rest = run((second) => (second > 10 && second <= 22 ? flat(900) : [...flat(100).slice(1), 5_100]))
    const after = (text: string): number | null => recoveryOf(rest, objective(text), loads).recoverySeconds
    expect(after('message_delivery:max<500')).toBeNull()
    expect(after('message_delivery:avg<140')).toBeNull()
    expect(after('message_delivery:avg<160')).toBe(2)
    expect(after('message_delivery:p(90)<110')).toBe(2)
    expect(after('message_delivery:p(99.5)<110')).toBeNull()
    expect(after('message_delivery:med<110')).toBe(2)
    expect(after('message_delivery:min<110')).toBe(2)
  })

  it('is timed by the first objective on message_delivery', () => {
    const [calls, part, counted] = [
      objective('http_req_duration:p(99)<20'),
      objective('message_delivery{basis:service}:p(99)<100'),
      objective('message_delivery:count>10'),
    ]
    expect(recoveryObjective([calls, part, counted, P99])).toBe(P99)
    expect(recoveryObjective([calls, part, counted])).toBeUndefined()
  })
})

describe('a search that was stopped afterwards', () => {
  it('keeps what it found, and ends 105', () => {
    const found = bracketedSearch()
    const stopped = stoppedAfterwards({ ...found, undecided: ['the soak was not made'] })
    const reasons = ['the soak was not made', 'what comes after the search was stopped by a signal']
    expect(stopped).toEqual({
      ...found,
      run: { ...found.run, isPartial: true, stoppedBy: 'signal' },
      undecided: reasons,
      verdict: { status: 'inconclusive', exitCode: 105, reasons },
    })
  })
})

describe('the result of a search', () => {
  it('puts it all together', () => {
    const settings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null } as const
    const p99 = (load: number): number => 100 * Math.exp((load - 200) / 100)
    const { steps } = search(settings, (load) => ({
      outcome: p99(load) < 250 ? 'pass' : 'fail',
      observed: p99(load),
    }))
    const result = capacityResult({
      run: {
        id: 'x',
        startedAt: '',
        endedAt: '',
        durationSeconds: 1,
        tags: {},
        command: 'stompede capacity',
      },
      plan: {
        scenario: 's',
        description: '',
        source: 's.ts',
        seed: 1,
        hash: '5f0c9a7e21b4d836',
        unit: 'users',
        objectives: [P99.text],
        stepSeconds: 30,
        budgetSeconds: null,
        startLoad: 100,
        plannedLoad: 144,
      },
      environment: healthyResult().environment,
      calibration: null,
      steps,
      objectives: [P99],
      idle: [],
      ending: 'found',
      open: [],
      soak: null,
      overload: null,
      random: () => 0.5,
    })
    // p99 crosses 250 ms at 200 + 100 ln 2.5 = 291.6.
    expect(result.bracket).toMatchObject({ verified: 288, refuted: 305, outcome: 'bracketed' })
    expect(result.estimate?.load).toBeGreaterThan(288)
    expect(result.estimate?.load).toBeLessThan(295)
    expect(result.maxThroughput).toEqual({ load: 410, deliveriesPerSecond: 4_100 })
    expect(result.headroom?.rating).toBe('ample')
    expect(result.verdict.exitCode).toBe(0)
    expect(result.run).toMatchObject({ kind: 'capacity', isPartial: false, stoppedBy: 'plan' })
    expect(result.undecided).toEqual([])
  })
})
