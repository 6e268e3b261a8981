import { describe, expect, it } from 'vitest'
import { judgeStored } from '../../src/compare/comparison.ts'
import type { RunFigures } from '../../src/compare/figures.ts'
import { METRICS } from '../../src/compare/metrics.ts'
import { madeUpFigures } from './synthetic.ts'

const CIRCUMSTANCES = { rules: METRICS, noise: null, obstacles: [], isUnknownPassed: false }

/** Runs with these p99; everything else is the same in all of them. */
function runs(p99: readonly number[], change: Partial<RunFigures> = {}): RunFigures[] {
  return p99.map((value) =>
    madeUpFigures({
      values: { last_delivery_p50: 10, last_delivery_p99: value, deliveries_per_second: 100 },
      ...change,
    }),
  )
}

const judged = (a: readonly number[], b: readonly number[], differences: readonly string[] = []) =>
  judgeStored(runs(a), runs(b), differences, CIRCUMSTANCES)

const BASE = [100, 101, 102, 103, 104]

describe('stored results', () => {
  it('are held against each other by the two-sample shift, with the exact interval', () => {
    const { metrics, verdict } = judged(BASE, [120, 121, 122, 123, 124])
    const p99 = metrics.find(({ id }) => id === 'last_delivery_p99')
    // 25 differences; 5 and 5 runs at 5 % leave two out at either end (R: wilcox.test(conf.int = TRUE) does the same).
    const differences = BASE.flatMap((a) => [120, 121, 122, 123, 124].map((b) => b / a)).toSorted(
      (x, y) => x - y,
    )
    expect(p99?.change?.estimate).toBeCloseTo((differences[12] ?? 0) - 1, 9)
    expect(p99?.change?.lo).toBeCloseTo((differences[2] ?? 0) - 1, 9)
    expect(p99?.change?.hi).toBeCloseTo((differences[22] ?? 0) - 1, 9)
    expect(p99).toMatchObject({ verdict: 'worse', a: 102, b: 122, logRatios: [], change: { level: 0.95 } })
    expect(p99?.says).toMatch(
      /^p99 send → last: 102 → 122 ms, \+19\.6 % \(95 % CI .*\), margin 5 %, 5 against 5 runs, could see ≥ [\d.]+ %: WORSE$/,
    )
    expect(verdict).toMatchObject({ status: 'worse', exitCode: 12 })
  })

  it('are the same, better or unknown as pairs are', () => {
    expect(judged(BASE, BASE).verdict).toMatchObject({ status: 'same', exitCode: 0, reasons: [] })
    expect(judged([120, 121, 122, 123, 124], BASE).verdict).toMatchObject({ status: 'better', exitCode: 0 })
    expect(judged(BASE, [80, 95, 105, 115, 130]).verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
  })

  it('are advice with fewer than five runs of a side', () => {
    const { advisory, verdict, headline, metrics } = judged(BASE, [120, 121, 122, 123])
    expect(advisory).toEqual(['a verdict takes 5 runs of each side'])
    expect(verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
    // What the figures look like is said all the same.
    expect(metrics.find(({ id }) => id === 'last_delivery_p99')?.verdict).toBe('worse')
    expect(headline).toMatch(/^Unknown, this is advice only .*p99 send → last \+19\.\d % .* worse/)
  })

  it('are advice where the machines differ', () => {
    const { advisory, verdict } = judged(BASE, [120, 121, 122, 123, 124], ['cores: 2 against 4'])
    expect(advisory).toEqual(['the machines differ: cores: 2 against 4'])
    expect(verdict.status).toBe('unknown')
    expect(verdict.reasons[0]).toBe('the machines differ: cores: 2 against 4')
  })

  it('are worse where new runs lack what all old ones measured, and never better the other way round', () => {
    const lacking = runs(BASE)
    for (const { values } of lacking.slice(0, 2)) values['last_delivery_p99'] = null
    const worse = judgeStored(runs(BASE), lacking, [], CIRCUMSTANCES)
    expect(worse.verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    expect(worse.headline).toBe('Worse: p99 send → last: B measured none in 2 of 5 runs (5 runs against 5).')
    const other = judgeStored(lacking, runs([50, 51, 52, 53, 54]), [], CIRCUMSTANCES)
    expect(other.verdict.status).toBe('unknown')
    expect(other.verdict.reasons[0]).toMatch(/A measured none in 2 of 5 runs: UNKNOWN$/)
  })

  it('are no verdict of fewer than five runs that thresholds let live, nor of a metric that fewer measured', () => {
    const aborted = runs([50, 51], { absolute: { aborted_by_threshold: 1 } })
    const slower = runs([112, 113, 114, 115, 116])
    const passed = { ...CIRCUMSTANCES, isUnknownPassed: true }
    const cut = judgeStored([...runs([100, 101, 102]), ...aborted], slower, [], passed)
    expect(cut.verdict).toMatchObject({ status: 'unknown', exitCode: 13 })
    expect(cut.verdict.reasons[0]).toBe('thresholds ended 2 of 5 runs of A: a verdict takes 5 whole ones')
    // That B is ended and A never is says enough.
    const ended = judgeStored(runs(BASE), runs(BASE, { absolute: { aborted_by_threshold: 1 } }), [], passed)
    expect(ended.verdict).toMatchObject({ status: 'worse', exitCode: 12 })
    const lacking = runs(BASE)
    for (const { values } of lacking.slice(0, 2)) values['last_delivery_p99'] = null
    expect(judgeStored(lacking, slower, [], CIRCUMSTANCES).verdict).toMatchObject({ status: 'unknown' })
    expect(judgeStored([...lacking, ...runs([100, 101])], slower, [], CIRCUMSTANCES).verdict).toMatchObject({
      status: 'worse',
    })
  })

  it('are no pass by any flag where nothing was measured', () => {
    const nothing = (): RunFigures[] => runs(BASE, { values: {} })
    const passed = { ...CIRCUMSTANCES, isUnknownPassed: true }
    expect(judgeStored(nothing(), nothing(), [], passed).verdict).toMatchObject({
      status: 'unknown',
      exitCode: 13,
    })
  })

  it('have no interval from one run each, and say so', () => {
    const { metrics, shift } = judged([100], [120])
    expect(metrics.find(({ id }) => id === 'last_delivery_p99')).toMatchObject({
      change: null,
      detectable: null,
    })
    expect(shift).toEqual([])
  })

  it('are worse where the new ones have a fault that the old ones have not', () => {
    const b = runs(BASE, { absolute: { deliveries_lost: 1 } })
    const { verdict, absolute } = judgeStored(runs(BASE), b, [], CIRCUMSTANCES)
    expect(verdict.status).toBe('worse')
    expect(absolute.find(({ name }) => name === 'deliveries_lost')).toEqual({
      name: 'deliveries_lost',
      a: 0,
      b: 5,
      status: 'worse',
    })
  })
})
