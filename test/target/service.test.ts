import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createService, readService } from '../../src/target/service.ts'

/** The first draws of a model, in ms. */
function draws(text: string, count: number, seed?: number): number[] {
  const { drawMs } = readService(text, seed)
  return Array.from({ length: count }, () => drawMs())
}

function share(values: readonly number[], isOne: (value: number) => boolean): number {
  return values.filter((value) => isOne(value)).length / values.length
}

describe('the draws of --service', () => {
  it('are always the same with constant', () => {
    expect(draws('constant(20ms)', 3)).toEqual([20, 20, 20])
    expect(draws('constant(1.5s)', 1)).toEqual([1_500])
    expect(draws('constant(250us)', 1)).toEqual([0.25])
  })

  it('are one of two with bimodal, the second as often as said', () => {
    const values = draws('bimodal(5ms,200ms,0.05)', 20_000)
    expect(new Set(values)).toEqual(new Set([5, 200]))
    expect(share(values, (ms) => ms === 200)).toBeCloseTo(0.05, 2)
    expect(new Set(draws('bimodal(5ms,200ms,0)', 1_000))).toEqual(new Set([5]))
    expect(new Set(draws('bimodal(5ms,200ms,1)', 1_000))).toEqual(new Set([200]))
  })

  it('lie about the median with lognormal, two thirds within one sigma', () => {
    const values = draws('lognormal(4ms,0.5)', 20_000)
    expect(share(values, (ms) => ms < 4)).toBeCloseTo(0.5, 2)
    const withinSigma = share(values, (ms) => Math.abs(Math.log(ms / 4)) < 0.5)
    expect(withinSigma).toBeGreaterThan(0.67)
    expect(withinSigma).toBeLessThan(0.7)
  })

  it('have the tail of a pareto: none below the minimum, 1 in 2^alpha above its double', () => {
    const values = draws('pareto(2ms,1.5)', 20_000)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(2)
    expect(share(values, (ms) => ms > 4)).toBeCloseTo(2 ** -1.5, 2)
    expect(share(values, (ms) => ms > 2 * 100 ** (2 / 3))).toBeCloseTo(0.01, 2)
  })

  it('repeat', () => {
    const first = draws('pareto(2ms,1.5)', 5)
    expect(new Set(first).size).toBe(5)
    expect(draws('pareto(2ms,1.5)', 5)).toEqual(first)
  })

  it('are others with another seed, neighbours and 0 included', () => {
    const means = [0, 1, 2, 3, 4, 2 ** 31].map((seed) => {
      const values = draws('lognormal(4ms,0.5)', 2_000, seed)
      return values.reduce((sum, ms) => sum + ms, 0) / values.length
    })
    expect(new Set(means).size).toBe(means.length)
    // e^(σ²/2) × 4 ms, with a standard error of 0.054 ms.
    for (const mean of means) expect(Math.abs(mean - 4 * Math.exp(0.125))).toBeLessThan(0.2)
    const firsts = Array.from({ length: 2_000 }, (_, seed) => draws('lognormal(4ms,0.5)', 1, seed)[0] ?? 0)
    expect(share(firsts, (ms) => ms < 4)).toBeCloseTo(0.5, 1)
  })
})

describe('a service', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** When each of five calls made at once has ended, in ms. */
  async function endsOf(text: string): Promise<number[]> {
    const service = createService(text)
    const startedMs = Date.now()
    const ends: number[] = []
    for (let i = 0; i < 5; i++) void service().then(() => ends.push(Date.now() - startedMs))
    await vi.runAllTimersAsync()
    return ends
  }

  it('has as many servers as calls, and no queue, unless told', async () => {
    expect(await endsOf('constant(10ms)')).toEqual([10, 10, 10, 10, 10])
  })

  it('with n=2 serves two at a time, first come first served', async () => {
    expect(await endsOf('n=2 constant(10ms)')).toEqual([10, 10, 20, 20, 30])
    expect(await endsOf('n=1 constant(10ms)')).toEqual([10, 20, 30, 40, 50])
  })

  it('is free again after a queue', async () => {
    const service = createService('n=1 constant(10ms)')
    void service()
    void service()
    await vi.runAllTimersAsync()
    const startedMs = Date.now()
    const third = service()
    await vi.runAllTimersAsync()
    await third
    expect(Date.now() - startedMs).toBe(10)
  })
})

describe('--service that cannot be read', () => {
  it.each([
    '',
    'fast',
    'constant(20)',
    'constant(20ms,30ms)',
    'bimodal(5ms,200ms)',
    'bimodal(5ms,200ms,1.5)',
    'lognormal(4ms,wide)',
    'pareto(2ms,1)',
    'toString(1ms)',
    'n=0 constant(1ms)',
    'n=4,constant(1ms)',
    'constant(-1ms)',
  ])('is one error with the rule and the text: %j', (text) => {
    expect(() => createService(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        problems: [],
        message: expect.stringMatching(
          /^--service must be constant\(TIME\), bimodal\(TIME,TIME,SHARE OF THE SECOND\), lognormal/,
        ) as string,
      }),
    )
    expect(() => createService(text)).toThrow(`(is ${JSON.stringify(text)})`)
  })
})
