import { describe, expect, it } from 'vitest'
import { judgeMetrics, type PairFigures } from '../../src/compare/judge-metrics.ts'
import { METRICS, withMargins } from '../../src/compare/metrics.ts'
import { madeUpFigures } from './synthetic.ts'

/** Pairs whose B is A times e to the power of each of these. */
function pairs(id: string, logRatios: readonly number[], a = 100): PairFigures[] {
  return logRatios.map((ratio) => ({
    a: madeUpFigures({ values: { [id]: a } }),
    b: madeUpFigures({ values: { [id]: a * Math.exp(ratio) } }),
  }))
}

const judged = (id: string, logRatios: readonly number[], rules = METRICS) => {
  const metric = judgeMetrics(rules, pairs(id, logRatios)).find((each) => each.id === id)
  if (metric === undefined) throw new Error(`no ${id}`)
  return metric
}

const P99 = 'last_delivery_p99'
/** Eight of them around 0.1. The 36 means of all pairs, each with itself too, have their median at 0.105. */
const EIGHT = [0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13, 0.14]

describe('a metric over pairs', () => {
  it('is estimated by Hodges and Lehmann, with the exact interval of one look', () => {
    const metric = judged(P99, EIGHT)
    expect(metric.logRatios.map((ratio) => Number(ratio.toFixed(9)))).toEqual(EIGHT)
    // With 8 pairs at 1.25 % the exact interval is from the least to the greatest: P(T = 0) = 1/256, P(T ≤ 1) = 2/256 > 0.625 %.
    expect(metric.change?.estimate).toBeCloseTo(Math.exp(0.105) - 1, 9)
    expect(metric.change?.lo).toBeCloseTo(Math.exp(0.07) - 1, 9)
    expect(metric.change?.hi).toBeCloseTo(Math.exp(0.14) - 1, 9)
    expect(metric.change?.level).toBe(0.9875)
    expect(metric).toMatchObject({ verdict: 'worse', isGated: true, isErratic: false, margin: 0.05 })
    expect(metric.says).toMatch(
      /^p99 send → last: 100 → 111 ms, \+11\.1 % \(98\.75 % CI \+7\.3 to \+15\.0\), margin 5 %, 8 pairs, could see ≥ [\d.]+ %: WORSE$/,
    )
  })

  it.each([
    ['worse', EIGHT],
    ['better', EIGHT.map((ratio) => -ratio)],
    ['same', EIGHT.map((ratio) => ratio / 10 - 0.01)],
    // It moved for certain, by less than the margin at most likely and by more at worst.
    ['unknown', EIGHT.map((ratio) => ratio - 0.065)],
    ['unknown', [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4]],
    ['unknown', EIGHT.slice(0, 7)],
  ] as const)('is %s for %j', (verdict, logRatios) => {
    expect(judged(P99, logRatios).verdict).toBe(verdict)
  })

  it('is turned where less is worse, and read as it is', () => {
    const metric = judged(
      'deliveries_per_second',
      EIGHT.map((ratio) => -ratio),
    )
    expect(metric.verdict).toBe('worse')
    expect(metric.change?.estimate).toBeCloseTo(Math.exp(0.105) - 1, 9)
    expect(metric.says).toContain('deliveries: 100 → 90 a second, −10.0 % (98.75 % CI −13.1 to −6.8)')
  })

  it('has no interval with fewer than eight pairs, and says so', () => {
    const metric = judged(P99, [0.1, 0.2])
    expect(metric).toMatchObject({ change: null, detectable: null, verdict: 'unknown' })
    expect(metric.says).toBe(
      'p99 send → last: 100 → 116 ms, +16.2 %, margin 5 %, 2 pairs, too few for an interval: UNKNOWN',
    )
  })

  it('is the same where every pair agrees to the digit', () => {
    const metric = judged(
      'deliveries_per_second',
      EIGHT.map(() => 0),
    )
    expect(metric).toMatchObject({ verdict: 'same', detectable: 0, change: { estimate: 0, lo: 0, hi: 0 } })
  })

  it('is erratic where log ratios scatter by more than 0.1', () => {
    expect(judged(P99, [-0.2, 0.2, -0.2, 0.2, -0.2, 0.2, -0.2, 0.2])).toMatchObject({ isErratic: true })
    expect(judged(P99, [-0.2, 0.2, -0.2, 0.2, -0.2, 0.2, -0.2, 0.2]).says).toContain(', erratic: UNKNOWN')
  })

  it('could see less the more it scatters', () => {
    const seen = (spread: number): number =>
      judged(
        P99,
        EIGHT.map((ratio) => (ratio - 0.105) * spread),
      ).detectable ?? 0
    expect(seen(1)).toBeGreaterThan(0.02)
    expect(seen(2)).toBeGreaterThan(1.9 * seen(1))
  })

  it('gates by CPU only where it was seen, and always by latency', () => {
    const all = judgeMetrics(METRICS, pairs('deliveries_per_second', EIGHT))
    expect(all.filter(({ isGated }) => isGated).map(({ id }) => id)).toEqual([
      'last_delivery_p50',
      'last_delivery_p99',
      'deliveries_per_second',
    ])
    expect(all.find(({ id }) => id === P99)).toMatchObject({
      verdict: 'unknown',
      a: null,
      logRatios: [],
      says: 'p99 send → last: not measured: UNKNOWN',
    })
  })

  it('makes no ratio of nothing, and no secret of what a side did not measure', () => {
    const lacking = (id: string, change: (pair: PairFigures, place: number) => void, ratio = 0) => {
      const some = pairs(
        id,
        Array.from({ length: 12 }, () => ratio),
      )
      some.forEach(change)
      return judgeMetrics(METRICS, some).find((each) => each.id === id)
    }
    const inB = lacking(P99, ({ b }, place) => {
      if (place < 2) b.values[P99] = place === 0 ? null : 0
    })
    expect(inB?.logRatios).toHaveLength(10)
    expect(inB?.verdict).toBe('worse')
    expect(inB?.says).toMatch(/, B measured none in 2 of 12 pairs: WORSE$/)
    const never = lacking('deliveries_per_second', ({ b }) => (b.values['deliveries_per_second'] = 0))
    expect(never?.says).toBe('deliveries: B measured none in 12 of 12 pairs: WORSE')
    // The other way round nothing is better or the same for it, and what is worse stays so.
    const inA = (ratio: number) =>
      lacking(P99, ({ a }, place) => (a.values[P99] = place < 2 ? null : 100), ratio)
    expect([inA(-0.2)?.verdict, inA(0)?.verdict, inA(0.2)?.verdict]).toEqual(['unknown', 'unknown', 'worse'])
    expect(inA(0)?.says).toMatch(/, A measured none in 2 of 12 pairs: UNKNOWN$/)
    // That processes could not be seen is nobody's fault.
    const cpu = 'cpu_per_1000_deliveries'
    expect(lacking(cpu, ({ b }, place) => (b.values[cpu] = place < 2 ? null : 100))?.verdict).toBe('unknown')
    expect(lacking(cpu, ({ b }) => (b.values[cpu] = null))).toMatchObject({
      isGated: false,
      verdict: 'unknown',
    })
  })
})

describe('metrics that inform', () => {
  const INFORMING = METRICS.filter(({ isGated }) => !isGated)
  const all = (logRatios: (place: number) => readonly number[]): PairFigures[] => {
    const columns = INFORMING.map((_, place) => logRatios(place))
    return (columns[0] ?? []).map((_, pair) => ({
      a: madeUpFigures({ values: Object.fromEntries(INFORMING.map(({ id }) => [id, 100])) }),
      b: madeUpFigures({
        values: Object.fromEntries(
          INFORMING.map(({ id }, place) => [id, 100 * Math.exp(columns[place]?.[pair] ?? 0)]),
        ),
      }),
    }))
  }
  const verdicts = (made: PairFigures[]): string[] =>
    judgeMetrics(METRICS, made)
      .filter(({ id }) => INFORMING.some((rule) => rule.id === id))
      .map(({ verdict }) => verdict)
  const steps = (count: number): number[] => Array.from({ length: count }, (_, i) => 0.2 + i / 100)

  it('are judged together, after Holm', () => {
    // Eight pairs on one side have p = 2/256, times seven metrics that is more than 5 %; nine pairs have half of it.
    expect(INFORMING).toHaveLength(7)
    expect(new Set(verdicts(all(() => steps(8))))).toEqual(new Set(['unknown']))
    expect(verdicts(all(() => steps(9)))).toEqual(INFORMING.map(() => 'worse'))
    // One alone is held against the seventh part of 5 %, and passes with nine as well.
    const flat = Array.from({ length: 9 }, (_, i) => (i - 4) / 10)
    expect(
      verdicts(all((place) => (place === 2 ? steps(9) : flat))).filter((each) => each === 'worse'),
    ).toHaveLength(1)
  })

  it('are left out where nothing was measured, and never gate', () => {
    expect(
      judgeMetrics(METRICS, pairs(P99, EIGHT))
        .filter(({ isGated }) => !isGated)
        .map(({ id }) => id),
    ).toEqual(['cpu_per_1000_deliveries'])
  })

  it('include what a margin of off took from the gate', () => {
    const rules = withMargins(new Map([['p99', 'off']]))
    const metric = judged(
      P99,
      Array.from({ length: 9 }, (_, i) => 0.2 + i / 100),
      rules,
    )
    expect(metric).toMatchObject({ isGated: false, verdict: 'worse' })
    expect(metric.says).toMatch(/: worse, for information$/)
  })
})
