import { describe, expect, it } from 'vitest'
import type { Sample } from '../../src/resources/sample.ts'
import { useOf } from '../../src/resources/use.ts'

/** A sample a second; in each second the threads named used so much of a core. */
function samples(seconds: readonly Record<string, number>[]): Sample[] {
  let cpuSeconds = 100
  return seconds.map((used, i) => {
    cpuSeconds += Object.values(used).reduce((sum, each) => sum + each, 0)
    const threadSeconds = new Map(Object.entries(used))
    return { atMs: 1_000 * i, cpuSeconds, memoryBytes: 1_000 + i, threadSeconds, shares: { sockets: i / 10 } }
  })
}

const span = { spanS: 5, cores: 2 }

describe('what a process used', () => {
  it('has a busiest thread that is busy by itself: two that take turns are at half a core each', () => {
    const inTurn = samples([{}, { '7/7': 1 }, { '7/8': 1 }, { '7/7': 1 }, { '7/8': 1 }])
    expect(useOf('api', inTurn, span)?.shares['busiest thread']).toBeCloseTo(0.5, 9)
    const alone = samples([{}, { '7/7': 0.9 }, { '7/7': 0.9 }, { '7/7': 0.9, '7/8': 1 }, { '7/7': 0.9 }])
    expect(useOf('api', alone, span)?.shares['busiest thread']).toBeCloseTo(0.9, 9)
  })

  it('takes threads of the same number in two processes for two', () => {
    const both = samples([{}, { '7/7': 0.4, '8/7': 0.5 }, { '7/7': 0.4, '8/7': 0.5 }])
    expect(useOf('api', both, span)?.shares['busiest thread']).toBeCloseTo(0.5, 9)
  })

  it('counts what was used between the first and the last sample, and not before', () => {
    const use = useOf('api', samples([{ '7/7': 0.8 }, { '7/7': 0.2 }, { '7/7': 0.4 }]), span)
    expect(use).toEqual({
      name: 'api',
      cpuCores: expect.closeTo(0.3, 9) as number,
      cores: 2,
      cpuSeconds: expect.closeTo(1.5, 9) as number,
      memoryBytes: 1_002,
      shares: { sockets: 0.2, 'busiest thread': expect.closeTo(0.3, 9) as number },
    })
  })

  it('has no busiest thread where none was looked at, and needs two samples', () => {
    const machine = [0, 1].map((i) => ({ atMs: 1_000 * i, cpuSeconds: i, shares: {} }))
    expect(useOf('machine', machine, span)?.shares).toEqual({})
    expect(useOf('machine', machine.slice(1), span)).toBeUndefined()
  })
})
