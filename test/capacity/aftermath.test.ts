import { describe, expect, it } from 'vitest'
import { recoveryObjective, recoveryOf, soakOf, stoppedAfterwards } from '../../src/capacity/aftermath.ts'
import { Histogram } from '../../src/measure/histogram.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { bracketedSearch } from '../report/capacity-fixture.ts'
import { healthyResult } from '../report/fixture.ts'
import { objective, P99, step, use } from './searching.ts'

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
