import { describe, expect, it } from 'vitest'
import { judgeValidity, type ValidityEvidence } from '../../src/engine/validity.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'
import { checkOf, evidence, latencies, scenarioOf } from './evidence.ts'

function worker(change: {
  loopDelayP99Us?: number
  cpuShare?: number
}): ValidityEvidence['generator'][number] {
  return { shard: 0, loopDelayP99Us: 0, cpuShare: 0.2, heapBytes: 0, ...change }
}

/** A thousand calls, of which so many began while every connection was taken. */
function waiting(calls: number): Partial<ValidityEvidence> {
  return { counters: { ...emptyCounters(), http_reqs: 1_000 }, labelled: { generator_waits: calls } }
}

describe('the validity of a run', () => {
  it('is valid when nothing is wrong, and proposes nothing', () => {
    const { status, checks } = judgeValidity(evidence())
    expect(checks.filter((check) => check.status !== 'ok' || check.isJudged === false)).toEqual([])
    expect(status).toBe('valid')
    expect(checks.flatMap(({ proposal }) => proposal ?? [])).toEqual([])
    expect(checks.map(({ id }) => id)).toEqual([
      'lateness',
      'loop-delay',
      'cpu',
      'dropped',
      'little',
      'stationarity',
      'conservation',
      'resources',
      'clock',
      'drained',
      'warm-up',
    ])
  })

  it.each([
    ['lateness', { trends: { generator_lateness: latencies([980, 1], [20, 10]) } }, 10, 'ok'],
    ['lateness', { trends: { generator_lateness: latencies([980, 1], [20, 10.02]) } }, 10.02, 'invalid'],
    ['lateness', { trends: { generator_lateness: latencies([995, 1], [5, 500]) } }, 1, 'ok'],
    ['loop-delay', { generator: [worker({}), worker({ loopDelayP99Us: 10_000 })] }, 10, 'ok'],
    ['loop-delay', { generator: [worker({}), worker({ loopDelayP99Us: 10_001 })] }, 10.001, 'invalid'],
    ['cpu', { generator: [worker({ cpuShare: 0.8 }), worker({})] }, 0.8, 'ok'],
    ['cpu', { generator: [worker({ cpuShare: 0.801 }), worker({})] }, 0.801, 'invalid'],
    ['dropped', dropping(0), 0, 'ok'],
    ['dropped', dropping(1), 0.001, 'suspect'],
    ['dropped', dropping(2), 0.002, 'invalid'],
    ['conservation', expecting(4800), 0, 'ok'],
    ['conservation', expecting(4801), 1, 'invalid'],
    ['conservation', expecting(4799), 1, 'invalid'],
    ['conservation', { ...expecting(4803), pendingMessages: 3 }, 0, 'ok'],
    ['resources', { labelled: { generator_exhausted: 1 } }, 1, 'invalid'],
    ['resources', waiting(10), 0, 'ok'],
    ['resources', waiting(11), 11, 'suspect'],
    ['drained', { isDrained: false }, 1, 'invalid'],
  ] satisfies [string, Partial<ValidityEvidence>, number, string][])(
    'has a limit of %s: with %j it is %d, %s',
    (id, change, value, status) => {
      expect(checkOf(id, change)).toMatchObject({ value: expect.closeTo(value, 2) as number, status })
    },
  )

  it('is not what the clock says when a latency was negative', () => {
    const backwards = latencies([10, 5])
    backwards.record(-1)
    expect(checkOf('clock', { trends: { message_delivery: backwards } })).toMatchObject({
      value: 1,
      status: 'invalid',
      proposal: expect.stringContaining('no setting helps') as string,
    })
  })

  it('takes wider limits from the scenario', () => {
    const scenario = scenarioOf({ validity: { lateness: '30ms', loopDelay: '40ms', cpuShare: 0.95 } })
    const slow = {
      scenario,
      generator: [worker({ loopDelayP99Us: 40_000, cpuShare: 0.95 })],
      trends: { generator_lateness: latencies([100, 30]) },
    }
    for (const id of ['lateness', 'loop-delay', 'cpu']) expect(checkOf(id, slow).status).toBe('ok')
  })

  it('is as bad as its worst check', () => {
    expect(judgeValidity(evidence(dropping(1))).status).toBe('suspect')
    expect(judgeValidity(evidence({ ...dropping(1), isDrained: false })).status).toBe('invalid')
  })

  it('proposes something in every check that does not hold', () => {
    const everything = evidence({
      ...dropping(50),
      counters: { ...emptyCounters(), iterations: 1000, dropped_iterations: 50, deliveries_expected: 7 },
      labelled: { 'dropped_iterations{reason:busy}': 50, generator_exhausted: 3 },
      trends: { generator_lateness: latencies([10, 99]), iteration_duration: latencies([10, 4000]) },
      generator: [worker({ cpuShare: 0.97, loopDelayP99Us: 80_000 })],
      isDrained: false,
    })
    everything.trends['generator_lateness']?.record(-1)
    const broken = judgeValidity(everything).checks.filter(({ status }) => status !== 'ok')
    expect(broken.map(({ id }) => id)).toEqual([
      'lateness',
      'loop-delay',
      'cpu',
      'dropped',
      'conservation',
      'resources',
      'clock',
      'drained',
    ])
    for (const { id, proposal } of broken) expect(proposal, id).toMatch(/\w{4}/)
  })
})

/** Of a thousand planned starts so many found their user busy. */
function dropping(busy: number): Partial<ValidityEvidence> {
  return {
    counters: { ...evidence().counters, iterations: 1000 - busy, dropped_iterations: busy },
    labelled: busy === 0 ? {} : { 'dropped_iterations{reason:busy}': busy },
  }
}

/** 4,800 deliveries are accounted for; so many were owed. */
function expecting(owed: number): Partial<ValidityEvidence> {
  return {
    counters: {
      ...emptyCounters(),
      deliveries_expected: owed,
      deliveries_received: 4790,
      deliveries_lost: 7,
      deliveries_late: 3,
    },
  }
}
