import { describe, expect, it } from 'vitest'
import { addAccounts } from '../../src/engine/account.ts'
import { headerOf } from '../../src/engine/header.ts'
import { resultOf, type RunEvidence } from '../../src/engine/result.ts'
import type { RunRequest } from '../../src/engine/run.ts'
import { addLatencies } from '../../src/engine/timeline.ts'
import type { Histogram } from '../../src/measure/histogram.ts'
import { SCHEMA_VERSION } from '../../src/measure/result.ts'
import schema from '../../src/measure/result.schema.json' with { type: 'json' }
import { parseThreshold } from '../../src/scenario/thresholds.ts'
import { type Shape, shapeProblems } from '../../src/report/result-shape.ts'
import { healthyResult } from '../report/fixture.ts'
import { evidence, latencies, scenarioOf, secondsOf } from './evidence.ts'

/** A run with one threshold that failed; `cpuShare` is what its worker used of a core. */
function runOf(cpuShare: number, stoppedBy: RunEvidence['stoppedBy'] = 'plan'): RunEvidence {
  const { seconds, counters, trends, generator } = evidence()
  const threshold = parseThreshold('message_delivery', 'p(99)<40', true, 0)
  if (typeof threshold === 'string') throw new Error(threshold)
  const { plan, environment, run } = healthyResult()
  return {
    header: { id: run.id, startedAt: run.startedAt, command: '', scenario: scenarioOf(), plan, environment },
    endedAt: new Date(run.endedAt),
    elapsedSeconds: 14,
    stoppedBy,
    isDrained: true,
    pendingMessages: 0,
    metrics: { counters, labelled: {}, trends },
    account: addAccounts([]),
    contractDrift: null,
    users: { neverUp: 0, downAtEnd: 0 },
    generator: generator.map((worker) => ({ ...worker, cpuShare })),
    seconds,
    thresholds: [{ threshold, observed: 50, isAtLeast: false, status: 'fail', unit: 'ms' }],
  }
}

describe('the result of a run', () => {
  it('has no credentials of the addresses that it went to', () => {
    const request = {
      scenario: scenarioOf(),
      target: { isOwn: false, broker: 'unknown', faults: [], behaviour: null },
      apiUrl: 'http://me:fakepw@127.0.0.1:8080/chat-ws?key=fakekey',
      stompUrl: 'ws://me:fakepw@127.0.0.1:8081/ws?key=fakekey#fake',
      command: 'stompede run x.ts',
    } as unknown as RunRequest
    const header = headerOf(request, new Date(0), 'digest')
    expect(header.environment.target).toMatchObject({
      apiUrl: 'http://127.0.0.1:8080/chat-ws',
      stompUrl: 'ws://127.0.0.1:8081/ws',
    })
    expect(JSON.stringify(header)).not.toContain('fake')
  })

  it('judges its thresholds when the generator was fit', () => {
    const { validity, verdict, thresholds } = resultOf(runOf(0.2))
    expect(validity.status).toBe('valid')
    expect(verdict).toMatchObject({ status: 'fail', exitCode: 99 })
    expect(thresholds).toMatchObject([{ status: 'fail', observed: 50 }])
  })

  it.each(['plan', 'threshold'] as const)(
    'judges none when it was not, though it says what was observed (ended by the %s)',
    (stoppedBy) => {
      const { validity, verdict, thresholds } = resultOf(runOf(0.99, stoppedBy))
      expect(validity.status).toBe('invalid')
      expect(verdict).toMatchObject({ status: 'inconclusive', exitCode: 13 })
      expect(thresholds).toMatchObject([{ status: 'unknown', observed: 50 }])
      expect(validity.checks.find(({ id }) => id === 'cpu')?.proposal).toMatch(
        /^one worker carried 369 deliveries\/s at 2,681 µs .*: use a rate of 29\/s for "say"$/,
      )
    },
  )

  it('has the shape of its version, intervals included', () => {
    const result = resultOf(runOf(0.2))
    expect(result.schemaVersion).toBe(SCHEMA_VERSION)
    expect(shapeProblems(JSON.parse(JSON.stringify(result)), schema as Shape)).toEqual([])
    expect(result.intervals.stepSeconds).toBe(1)
    const counts = result.intervals.series['message_delivery']?.map((histogram) => histogram?.count ?? 0)
    expect(counts).toEqual([0, ...Array.from({ length: 12 }, () => 400), 0])
    expect(result.timeline.columns['in_flight']).toEqual([0, ...Array.from({ length: 12 }, () => 20), 0])
  })
})

describe('latencies added up second by second', () => {
  it('leave out the seconds of the warm-up, but not how users connected in them', () => {
    const seconds = secondsOf(
      Array.from({ length: 6 }, () => ({
        histograms: { message_delivery: latencies([10, 5]), ws_connecting: latencies([3, 1]) },
      })),
    )
    const countsWith = (warmUp: string): number[] => {
      const sofar: Record<string, Histogram> = {}
      const scenario = scenarioOf({ warmUp })
      for (const second of seconds) addLatencies(sofar, second, scenario)
      return [sofar['message_delivery']?.count ?? 0, sofar['ws_connecting']?.count ?? 0]
    }
    // The first activity begins at 1 s: of a warm-up of 2 s these are the seconds 2 and 3.
    expect(countsWith('2s')).toEqual([40, 18])
    expect(countsWith('2500ms')).toEqual([30, 18])
    expect(countsWith('0s')).toEqual([60, 18])
  })
})
