import { describe, expect, it } from 'vitest'
import { secondsOf } from '../../src/engine/ticks.ts'
import type { Tick } from '../../src/engine/protocol.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'

/** The tick of a shard that has received so many deliveries, with one on its way. */
function tick(second: number, received: number): Tick {
  return {
    second,
    counters: { ...emptyCounters(), deliveries_received: received, deliveries_expected: received + 1 },
    labelled: { 'ws_closes{class:requested}': received },
    users: 5,
    pending: 1,
    pendingMessages: 1,
    inFlight: { areaUs: 1e6, varianceUs2: 1, optionalUs: 0 },
    lostPlaces: { head: received, middle: 0, tail: 0 },
    unknowns: { recovered: 0, partial: 0 },
    scenarioExceptions: 0,
    findings: { rules: [], errors: [{ class: 'x', count: 1, firstAtMs: 1, example: '' }] },
    examples: [],
    histograms: {},
    topErrors: [],
    health: { loopDelayP99Us: 7, cpuShare: 0.5, heapBytes: 1 },
  }
}

/** What the coordinator hears: of each second, what each shard has received. */
function heard(): {
  seconds: ReturnType<typeof secondsOf>
  said: [second: number, received: number[]][]
  ticks: Tick[]
} {
  const said: [number, number[]][] = []
  const all: Tick[] = []
  const seconds = secondsOf(3, (second, ticks) => {
    said.push([second, ticks.map(({ counters }) => counters.deliveries_received)])
    all.push(...ticks)
  })
  return { seconds, said, ticks: all }
}

describe('the seconds of several shards', () => {
  it('are told once each shard has posted its tick, in order of shards, however the ticks come', () => {
    const { seconds, said } = heard()
    seconds.add(2, tick(1, 30))
    seconds.add(2, tick(2, 31))
    seconds.add(0, tick(1, 10))
    expect(said).toEqual([])
    seconds.add(1, tick(1, 20))
    expect(said).toEqual([[1, [10, 20, 30]]])
    seconds.add(1, tick(2, 21))
    seconds.add(0, tick(2, 11))
    expect(said[1]).toEqual([2, [11, 21, 31]])
  })

  it('keep what a shard had counted when it dies, and count nothing of it twice', () => {
    const { seconds, said, ticks } = heard()
    for (const [shard, received] of [10, 20, 30].entries()) seconds.add(shard, tick(1, received))
    seconds.add(0, tick(2, 15))
    seconds.add(2, tick(2, 35))
    expect(said).toHaveLength(1)
    seconds.end(1)
    expect(said[1]).toEqual([2, [15, 20, 35]])
    const standIn = ticks[4] as Tick
    expect(standIn).toMatchObject({
      second: 2,
      users: 0,
      pendingMessages: 1,
      labelled: { 'ws_closes{class:requested}': 20 },
      lostPlaces: { head: 20 },
    })
    expect(standIn.findings.errors).toEqual([])
    expect(standIn.health.heapBytes).toBe(0)
  })

  it('count nothing of a shard that dies before its first second', () => {
    const { seconds, said } = heard()
    seconds.end(1)
    seconds.add(0, tick(1, 10))
    seconds.add(2, tick(1, 30))
    expect(said).toEqual([[1, [10, 0, 30]]])
  })

  it('are told to the last tick, also when shards report on both sides of a whole second', () => {
    const { seconds, said } = heard()
    for (const [shard, received] of [10, 20, 30].entries()) seconds.add(shard, tick(1, received))
    // Shard 0 ends within second 2; the others tick on.
    seconds.add(0, tick(2, 12))
    seconds.end(0)
    for (const second of [2, 3])
      for (const shard of [1, 2]) seconds.add(shard, tick(second, 10 * shard + second))
    seconds.end(1)
    seconds.end(2)
    expect(said).toEqual([
      [1, [10, 20, 30]],
      [2, [12, 12, 22]],
      [3, [12, 13, 23]],
    ])
  })
})
