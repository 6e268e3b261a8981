import { describe, expect, it } from 'vitest'
import { type Circumstances, judgePairs } from '../../src/compare/comparison.ts'
import { figuresOf } from '../../src/compare/figures.ts'
import type { PairFigures } from '../../src/compare/judge-metrics.ts'
import { METRICS, withMargins } from '../../src/compare/metrics.ts'
import { encodedOf, type MadeUp, madeUpFigures, madeUpRun } from './synthetic.ts'

const CIRCUMSTANCES: Circumstances = { rules: METRICS, noise: null, obstacles: [], isUnknownPassed: false }
const AT = '2026-01-01T00:00:00.000Z'

/** Eight pairs, B's p50 and p99 times these factors, give or take what runs scatter. */
function pairs(factor: { p50?: number; p99?: number }, b: MadeUp = {}): PairFigures[] {
  return Array.from({ length: 8 }, (_, i) => {
    const scatter = 1 + (i - 4) / 1_000
    const p50Us = Math.round(50_000 * (factor.p50 ?? 1) * scatter)
    const p99Us = Math.round(90_000 * (factor.p99 ?? 1) * scatter)
    return {
      a: figuresOf(madeUpRun({ p99Us: 90_000 }), 0.5),
      b: figuresOf(madeUpRun({ p50Us, p99Us, ...b }), 0.5),
    }
  })
}

const judged = (made: readonly PairFigures[], change: Partial<Circumstances> = {}) =>
  judgePairs(made, 'pairs', { ...CIRCUMSTANCES, ...change }, AT)

describe('a comparison by pairs', () => {
  it('is the same where all that gates is', () => {
    const { verdict, headline, metrics, advisory, noise } = judged(pairs({}))
    expect(verdict).toEqual({ status: 'same', exitCode: 0, reasons: [] })
    expect(headline).toBe(
      'The same within 5 % of p50 send → last, 5 % of p99 send → last, 5 % of deliveries, 5 % of CPU per 1,000 deliveries (8 pairs).',
    )
    expect(metrics.filter(({ isGated }) => isGated)).toHaveLength(4)
    expect([advisory, noise]).toEqual([[], null])
  })

  it('is worse by any one of them', () => {
    const { verdict, headline } = judged(pairs({ p99: 1.12 }))
    expect(verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    expect(headline).toMatch(
      /^Worse: p99 send → last \+1[12]\.\d % \(98\.75 % CI \+.* to \+.*\) \(8 pairs\)\.$/,
    )
    expect(judged(pairs({}, { deliveriesPerSecond: 80 })).verdict.status).toBe('worse')
  })

  it('is worse by a fault that only B has, whatever the figures', () => {
    const made = pairs({ p99: 0.5 })
    ;(made[3] as PairFigures).b.absolute['contract_violations'] = 1
    const { verdict, absolute } = judged(made)
    expect(verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    expect(verdict.reasons[0]).toBe('contract violations: none in A, 1 in B')
    expect(absolute.filter(({ status }) => status === 'worse')).toHaveLength(1)
  })

  it('is worse by a run that a threshold ended on its side alone, and unknown by both', () => {
    // The short run's figures look twice as good.
    const aborted = figuresOf(
      madeUpRun({ p50Us: 25_000, p99Us: 45_000, run: { isPartial: true, stoppedBy: 'threshold' } }),
      0.5,
    )
    const ended = (a: number, b: number) =>
      judged(
        pairs({}).map((pair, i) => ({ a: i < a ? aborted : pair.a, b: i < b ? aborted : pair.b })),
        { isUnknownPassed: true },
      )
    expect(ended(0, 8).verdict).toMatchObject({
      status: 'worse',
      exitCode: 12,
      reasons: [
        'runs aborted by a threshold: none in A, 8 in B',
        'nothing can be told from fewer than 8 pairs; thresholds ended runs of 8 of the 8',
      ],
    })
    expect(ended(1, 8).verdict, 'one in A is not as many').toMatchObject({
      status: 'worse',
      reasons: expect.arrayContaining(['runs aborted by a threshold: 1 in A, 8 in B']) as string[],
    })
    expect(ended(0, 1).metrics.find(({ id }) => id === 'last_delivery_p99')?.logRatios).toHaveLength(7)
    expect(ended(8, 8).verdict).toMatchObject({
      status: 'unknown',
      exitCode: 13,
      reasons: ['thresholds ended 8 runs of A and 8 of B: this load is too much for both'],
    })
  })

  it('cannot tell where more than a quarter of a side’s runs are in doubt', () => {
    const doubted = (count: number) =>
      judged(
        pairs({}).map((pair, i) => (i < count ? { ...pair, b: { ...pair.b, doubts: ['warm-up'] } } : pair)),
      ).verdict
    expect(doubted(2).status).toBe('same')
    expect(doubted(3)).toMatchObject({
      status: 'unknown',
      exitCode: 13,
      reasons: ['3 of 8 runs of B are in doubt (warm-up)'],
    })
  })

  it('has a shift by percentile that is made of the pairs’ ratios', () => {
    const even = Array.from({ length: 1_000 }, (_, i) => 100 * (i + 1))
    const run = (factor: (latencyUs: number) => number) => {
      const result = madeUpRun()
      result.trends = { message_last_delivery: encodedOf(even.map((us) => Math.round(us * factor(us)))) }
      return figuresOf(result, null)
    }
    // Only the slow half is slower, by a tenth.
    const made = Array.from({ length: 8 }, () => ({
      a: run(() => 1),
      b: run((us) => (us > 60_000 ? 1.1 : 1)),
    }))
    const { shift } = judged(made)
    expect(shift.map(({ percentile }) => percentile)).toEqual([10, 25, 50, 75, 90, 95, 99])
    for (const { percentile, ratio, lo, hi } of shift) {
      expect(ratio).toBeCloseTo(percentile > 60 ? 1.1 : 1, 2)
      expect([lo, hi]).toEqual([ratio, ratio])
    }
    expect(judged(made.slice(0, 5)).shift, 'too few for an interval').toEqual([])
  })

  it('tells nothing from fewer pairs than the first look, and no flag makes a pass of that', () => {
    const few = judged(pairs({}).slice(0, 7), { isUnknownPassed: true })
    expect(few.verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
    expect(few.verdict.reasons[0]).toBe('nothing can be told from fewer than 8 pairs')
    expect(judged(pairs({}), { isUnknownPassed: true }).verdict.exitCode).toBe(0)
  })

  it('tells nothing from pairs that thresholds ended, and no flag makes a pass of that', () => {
    const aborted = figuresOf(madeUpRun({ run: { isPartial: true, stoppedBy: 'threshold' } }), 0.5)
    const { verdict } = judged(
      pairs({}).map((pair) => ({ ...pair, a: aborted })),
      { isUnknownPassed: true },
    )
    expect(verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
    expect(verdict.reasons[0]).toBe(
      'nothing can be told from fewer than 8 pairs; thresholds ended runs of 8 of the 8',
    )
  })

  it('is no pass by any flag where nothing was measured, too little of it, or nothing gates', () => {
    const without = (few: number, id: string): PairFigures[] =>
      pairs({}).map((pair, i) => {
        if (i >= few) return pair
        const cut = (run: PairFigures['a']): PairFigures['a'] => ({
          ...run,
          values: { ...run.values, [id]: null },
        })
        return { a: cut(pair.a), b: cut(pair.b) }
      })
    const passed = { isUnknownPassed: true }
    for (const id of ['last_delivery_p50', 'last_delivery_p99', 'deliveries_per_second'])
      for (const few of [8, 1])
        expect(judged(without(few, id), passed).verdict, `${few} of ${id}`).toMatchObject({
          status: 'unknown',
          exitCode: 13,
        })
    const off = withMargins(
      new Map(['p50', 'p99', 'throughput', 'cpu'].map((flag) => [flag, 'off'] as const)),
    )
    expect(judged(pairs({}), { ...passed, rules: off }).verdict).toMatchObject({ exitCode: 13 })
    // What else is certain stands, and what only scatters passes.
    const slower = pairs({ p99: 1.12 }).map(({ a, b }) => ({
      a: { ...a, values: { ...a.values, last_delivery_p50: null } },
      b: { ...b, values: { ...b.values, last_delivery_p50: null } },
    }))
    expect(judged(slower, passed).verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    const wild = pairs({}).map(({ a, b }, i) => ({
      a,
      b: { ...b, values: { ...b.values, last_delivery_p99: i % 2 === 0 ? 140 : 80 } },
    }))
    expect(judged(wild, passed).verdict).toMatchObject({ status: 'unknown', exitCode: 0 })
    // Of processes nobody may see anything.
    expect(judged(without(8, 'cpu_per_1000_deliveries'), passed).verdict).toMatchObject({ status: 'same' })
  })

  it('has no pairs to judge before there are any', () => {
    const { verdict, metrics } = judged([], { obstacles: ['stopped by a signal after 0 pairs'] })
    expect(verdict).toMatchObject({ status: 'unknown', reasons: ['stopped by a signal after 0 pairs'] })
    expect(metrics.every(({ verdict: each }) => each === 'unknown')).toBe(true)
  })
})

describe('a self-check', () => {
  it('measures the noise of the machine and which margins it can hold', () => {
    const made = [-3, -2, -1, 0, 0, 1, 2, 3].map((percent): PairFigures => ({
      a: madeUpFigures({
        values: { last_delivery_p50: 10, last_delivery_p99: 100, deliveries_per_second: 50 },
      }),
      b: madeUpFigures({
        values: {
          last_delivery_p50: 10,
          last_delivery_p99: 100 * Math.exp(percent / 100),
          deliveries_per_second: 50,
        },
      }),
    }))
    const { noise, verdict, headline } = judgePairs(made, 'self-check', CIRCUMSTANCES, AT)
    expect(noise).toMatchObject({ measuredAt: AT, pairs: 8 })
    // √(28 / 7) %; and 1.2 × 1.4826 × the median of 0 0 1 1 2 2 3 3 %.
    expect(noise?.metrics['last_delivery_p99']?.sd).toBeCloseTo(0.02, 9)
    expect(noise?.metrics['last_delivery_p99']?.leastMargin).toBeCloseTo(Math.expm1(1.2 * 1.4826 * 0.015), 9)
    expect(noise?.metrics['last_delivery_p50']).toEqual({ sd: 0, leastMargin: 0 })
    expect(noise?.metrics['cpu_per_1000_deliveries']).toBeUndefined()
    expect(verdict.status).toBe('same')
    expect(headline).toContain('less than 0.1 % of p50 send → last, 2.7 % of p99 send → last')
  })

  it('never says worse or better, and has no noise from few pairs', () => {
    const drifting = judgePairs(pairs({ p99: 1.2 }), 'self-check', CIRCUMSTANCES, AT)
    expect(drifting.verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
    expect(drifting.verdict.reasons[0]).toMatch(/^the same against itself differs: p99 send → last/)
    expect(judgePairs(pairs({}).slice(0, 7), 'self-check', CIRCUMSTANCES, AT).noise).toBeNull()
  })
})
