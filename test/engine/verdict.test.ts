import { describe, expect, it } from 'vitest'
import { areThresholdsJudged, judge, type VerdictEvidence } from '../../src/engine/verdict.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'
import type { RunResult, ValidityCheck } from '../../src/measure/result.ts'
import { parseThreshold, type ThresholdOutcome } from '../../src/scenario/thresholds.ts'

function check(
  id: string,
  status: ValidityCheck['status'],
  unit: ValidityCheck['unit'] = 'ms',
): ValidityCheck {
  return { id, says: `${id} holds`, value: 30.26, limit: 10, unit, status }
}

function outcome(
  metric: string,
  expression: string,
  status: ThresholdOutcome['status'],
  observed?: number,
): ThresholdOutcome {
  const threshold = parseThreshold(metric, expression, false, 0)
  if (typeof threshold === 'string') throw new Error(threshold)
  return { threshold, observed, isAtLeast: false, status, unit: 'ms' }
}

function evidence(
  change: Partial<VerdictEvidence> & { messages?: Partial<RunResult['ledger']['messages']> } = {},
): VerdictEvidence {
  const { messages, ...rest } = change
  const none = {
    sent: 10,
    rejected: 0,
    unknown: 0,
    recovered: 0,
    partial: 0,
    expected: 100,
    received: 100,
    late: 0,
    pending: 0,
  }
  const wrong = {
    gapLost: 0,
    optional: 0,
    duplicated: 0,
    retryDuplicated: 0,
    reordered: 0,
    leaked: 0,
    corrupted: 0,
    foreign: 0,
  }
  return {
    validity: { status: 'valid', checks: [check('lateness', 'ok')] },
    ledger: {
      messages: { ...none, ...wrong, lost: { total: 0, head: 0, middle: 0, tail: 0 }, ...messages },
      typing: { sent: 0, expected: 0, received: 0, lost: 0, duplicated: 0, leaked: 0 },
      isDrained: true,
      examples: [],
    },
    counters: { ...emptyCounters(), ws_msgs_received: 100 },
    violations: [],
    thresholds: [],
    stoppedBy: 'plan',
    toldSeconds: 60,
    plannedSeconds: 60,
    scenarioExceptions: 0,
    users: { neverUp: 0, downAtEnd: 0 },
    ...rest,
  }
}

const lost = { lost: { total: 3, head: 1, middle: 1, tail: 1 } }
const starved: RunResult['validity'] = { status: 'invalid', checks: [check('lateness', 'invalid')] }

type Row = [what: string, change: Parameters<typeof evidence>[0], exitCode: number, reason: RegExp]

describe('the verdict', () => {
  it('passes when everything holds', () => {
    expect(judge(evidence({ thresholds: [outcome('message_delivery', 'p(99)<250', 'pass', 9)] }))).toEqual({
      status: 'pass',
      exitCode: 0,
      reasons: [],
    })
  })

  it.each([
    ['a loss', { messages: lost }, 11, /deliveries_lost: 3 of 100 \(head 1, middle 1, tail 1\)/],
    ['a late delivery', { messages: { late: 2 } }, 11, /deliveries_late: 2/],
    ['a duplicate', { messages: { duplicated: 2 } }, 11, /deliveries_duplicated: 2 received twice/],
    ['a swap', { messages: { reordered: 2 } }, 11, /deliveries_reordered/],
    ['a leak', { messages: { leaked: 1 } }, 11, /deliveries_leaked/],
    ['changed content', { messages: { corrupted: 1 } }, 11, /deliveries_corrupted/],
    ['users that never came up', { users: { neverUp: 4, downAtEnd: 0 } }, 11, /users: 4 never/],
    ['users that did not come back', { users: { neverUp: 0, downAtEnd: 4 } }, 11, /users: 4 had lost/],
    [
      'a failed threshold',
      { thresholds: [outcome('message_delivery', 'p(99)<250', 'fail', 251.5)] },
      99,
      /message_delivery p\(99\)<250: is 251\.5 ms/,
    ],
    [
      'an aborting threshold',
      { stoppedBy: 'threshold', thresholds: [outcome('message_delivery', 'p(99)<250', 'fail', 300)] },
      108,
      /p\(99\)<250/,
    ],
    ['an exception of the scenario', { scenarioExceptions: 2 }, 107, /2 iteration/],
  ] satisfies Row[])('fails on %s', (_, change, exitCode, reason) => {
    const verdict = judge(evidence(change))
    expect(verdict).toMatchObject({ status: 'fail', exitCode })
    expect(verdict.reasons.join('\n')).toMatch(reason)
  })

  it.each([
    [
      'a starved generator',
      { validity: starved },
      13,
      /lateness 30\.3 ms, limit 10 ms; wanted: lateness holds/,
    ],
    [
      'a threshold that measured nothing',
      { thresholds: [outcome('typing_delivery', 'p(95)<9', 'unknown')] },
      13,
      /nothing was measured/,
    ],
    ['a dead worker', { stoppedBy: 'fault' }, 13, /a worker died/],
    ['a signal', { stoppedBy: 'signal' }, 105, /stopped by a signal/],
    [
      'a killed generator',
      { stoppedBy: 'killed', toldSeconds: 14, messages: { duplicated: 2, pending: 3 } },
      13,
      /^the record of the run ends 14 s into 60 s: .* 3 deliveries were on their way, .*\ndeliveries_duplicated: 2/,
    ],
    [
      'a generator that was killed in its drain',
      { stoppedBy: 'killed', toldSeconds: 61, scenarioExceptions: 1 },
      13,
      /^the record of the run ends after its planned 60 s, before everything was settled: the generator was killed, or could not write on; rebuilt from its events\n1 iteration/,
    ],
    [
      'a plan whose users were busy',
      { validity: { status: 'invalid', checks: [check('dropped', 'invalid', 'share')] } },
      13,
      /dropped/,
    ],
  ] satisfies Row[])('says nothing after %s', (_, change, exitCode, reason) => {
    const verdict = judge(evidence(change))
    expect(verdict).toMatchObject({ status: 'inconclusive', exitCode })
    expect(verdict.reasons.join('\n')).toMatch(reason)
  })

  const growing: RunResult['validity'] = {
    status: 'suspect',
    checks: [{ ...check('stationarity', 'suspect', 'share'), note: '3 were on their way, then 90' }],
  }

  it('is never green when work piled up: the thresholds held only because the run ended', () => {
    const held = [outcome('message_delivery', 'p(99)<250', 'pass', 200)]
    expect(judge(evidence({ validity: growing, thresholds: held }))).toEqual({
      status: 'inconclusive',
      exitCode: 13,
      reasons: ['overload: 3 were on their way, then 90'],
    })
  })

  it.each([
    ['a threshold', { thresholds: [outcome('message_delivery', 'p(99)<250', 'fail', 300)] }, 99],
    ['its losses', { messages: lost }, 11],
  ] satisfies [string, Parameters<typeof evidence>[0], number][])(
    'holds an overloaded target to %s, and says that it was overloaded',
    (_, change, exitCode) => {
      const verdict = judge(evidence({ validity: growing, ...change }))
      expect(verdict).toMatchObject({ status: 'fail', exitCode })
      expect(verdict.reasons).toHaveLength(2)
      expect(verdict.reasons[1]).toBe('overload: 3 were on their way, then 90')
    },
  )

  it('takes a slow start for no reason to withhold a verdict', () => {
    const cold: RunResult['validity'] = { status: 'suspect', checks: [check('warm-up', 'suspect')] }
    expect(judge(evidence({ validity: cold }))).toMatchObject({ status: 'pass' })
  })

  it.each(['lateness', 'loop-delay', 'cpu', 'little', 'resources', 'conservation', 'clock'])(
    'judges no threshold when %s does not hold, also when one ended the run',
    (id) => {
      const validity: RunResult['validity'] = { status: 'invalid', checks: [check(id, 'invalid')] }
      const thresholds = [outcome('message_delivery', 'p(99)<250', 'fail', 300)]
      for (const stoppedBy of ['plan', 'threshold'] as const) {
        const verdict = judge(evidence({ validity, thresholds, stoppedBy, messages: lost }))
        expect(verdict).toMatchObject({ status: 'inconclusive', exitCode: 13 })
        expect(verdict.reasons.join()).not.toContain('p(99)')
        expect(areThresholdsJudged({ validity, stoppedBy })).toBe(false)
      }
    },
  )

  it('judges the threshold that ended a run which is invalid only because it is not whole', () => {
    const validity: RunResult['validity'] = {
      status: 'invalid',
      checks: [check('drained', 'invalid', 'count')],
    }
    const thresholds = [outcome('message_delivery', 'p(99)<250', 'fail', 300)]
    expect(judge(evidence({ validity, thresholds, stoppedBy: 'threshold' }))).toMatchObject({ exitCode: 108 })
    expect(areThresholdsJudged({ validity, stoppedBy: 'threshold' })).toBe(true)
    expect(areThresholdsJudged({ validity, stoppedBy: 'plan' })).toBe(false)
    expect(areThresholdsJudged({ validity: growing, stoppedBy: 'plan' })).toBe(true)
  })

  it('is never green when nothing was owed to anybody', () => {
    const nothing = evidence({ messages: { expected: 0, received: 0 } })
    nothing.counters.ws_msgs_received = 0
    expect(judge(nothing)).toMatchObject({ status: 'inconclusive', exitCode: 13 })
  })

  it('does not blame the target for what a starved generator may have caused itself', () => {
    expect(judge(evidence({ validity: starved, messages: lost }))).toMatchObject({
      status: 'inconclusive',
      exitCode: 13,
    })
  })

  it('does blame it for what slowness cannot cause', () => {
    expect(judge(evidence({ validity: starved, messages: { duplicated: 1 } }))).toMatchObject({
      status: 'fail',
      exitCode: 11,
    })
  })

  it('blames a target that died although its users were left waiting and busy', () => {
    const busy: RunResult['validity'] = { status: 'invalid', checks: [check('dropped', 'invalid', 'share')] }
    expect(judge(evidence({ validity: busy, users: { neverUp: 0, downAtEnd: 9 } }))).toMatchObject({
      exitCode: 11,
    })
  })

  it('lets a threshold on a counter of the ledger replace its zero', () => {
    const tolerant = [outcome('deliveries_lost', 'count<5', 'pass', 3)]
    expect(judge(evidence({ messages: lost, thresholds: tolerant }))).toMatchObject({ status: 'pass' })
    const strict = [outcome('deliveries_lost', 'count<2', 'fail', 3)]
    expect(judge(evidence({ messages: lost, thresholds: strict }))).toMatchObject({
      status: 'fail',
      exitCode: 99,
    })
  })
})
