import { describe, expect, it } from 'vitest'
import { judgeLevel } from '../../src/capacity/level.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { objective, P99, step } from './searching.ts'

const at = (observed: readonly number[]): CapacityStep[] =>
  observed.map((value) => step('verify', 100, value < 250 ? 'pass' : 'fail', value))

describe('the verdict about a load', () => {
  it('wants three repeats', () => {
    expect(judgeLevel([], [P99])).toMatchObject({ verdict: 'open', canPass: true })
    expect(judgeLevel(at([10, 10]), [P99])).toMatchObject({ verdict: 'open', canPass: true })
  })

  it('passes where mean and bound are below the limit, by the t of so few: t(0.95, 2) = 2.920', () => {
    // Equal repeats have the least spread, 1 %: half = 2.920 × 0.01 / √3 = 1.686 %. 250 / e^0.01686 = 245.82.
    expect(judgeLevel(at([245.8, 245.8, 245.8]), [P99]).verdict).toBe('pass')
    expect(judgeLevel(at([245.9, 245.9, 245.9]), [P99]).verdict).toBe('open')
    // And above: 250 × e^0.01686 = 254.25.
    expect(judgeLevel(at([254.2, 254.2, 254.2]), [P99]).verdict).toBe('open')
    expect(judgeLevel(at([254.3, 254.3, 254.3]), [P99]).verdict).toBe('fail')
  })

  it('asks for more where repeats scatter: sd 0.1 makes half of 16.9 %', () => {
    const scattered = (mean: number): number[] => [mean * Math.exp(-0.1), mean, mean * Math.exp(0.1)]
    expect(judgeLevel(at(scattered(211)), [P99]).verdict).toBe('pass')
    expect(judgeLevel(at(scattered(212)), [P99]).verdict).toBe('open')
  })

  it('gives up after five that decide nothing', () => {
    expect(judgeLevel(at([200, 300, 200, 300]), [P99]).verdict).toBe('open')
    expect(judgeLevel(at([200, 300, 200, 300, 240]), [P99]).verdict).toBe('unknown')
  })

  it('wants what is no latency to hold in every repeat, and calls it broken by more than half', () => {
    const failed = objective('http_req_failed:count==0')
    const with1 = (count: number): CapacityStep =>
      step('verify', 100, count === 0 ? 'pass' : 'fail', count, [failed])
    expect(judgeLevel([with1(0), with1(0), with1(0)], [failed])).toMatchObject({
      verdict: 'pass',
      canPass: true,
    })
    expect(judgeLevel([with1(0), with1(1), with1(0)], [failed])).toMatchObject({
      verdict: 'open',
      canPass: false,
    })
    expect(judgeLevel([with1(0), with1(1), with1(1)], [failed])).toMatchObject({
      verdict: 'fail',
      canPass: false,
    })
    // A third repeat could not change it.
    expect(judgeLevel([with1(1), with1(1)], [failed])).toMatchObject({ verdict: 'fail', canPass: false })
    expect(judgeLevel([with1(1), with1(0)], [failed])).toMatchObject({ verdict: 'open', canPass: false })
    const most = [with1(0), with1(1), with1(0), with1(0), with1(1)]
    expect(judgeLevel(most, [failed])).toMatchObject({ verdict: 'unknown', canPass: false })
  })

  it('holds what a single step lost at a load against it, and does not count its latency', () => {
    const lost = (value: number): CapacityStep => ({
      ...step('bisect', 100, 'fail', value),
      isBrokenBeside: true,
    })
    const judge = (repeats: readonly CapacityStep[], singles: readonly CapacityStep[]) =>
      judgeLevel(repeats, [P99], [repeats], singles)
    const held = at([100, 100, 100, 100])
    // It cannot be verified any more, and one repeat in which something breaks as well refutes it.
    expect(judge(held.slice(0, 3), [lost(100)])).toEqual({ verdict: 'open', canPass: false, runs: 4 })
    expect(judge([lost(100)], [lost(100)])).toEqual({ verdict: 'fail', canPass: false, runs: 2 })
    expect(judge([lost(100)], [step('bisect', 100, 'pass')])).toEqual({
      verdict: 'open',
      canPass: false,
      runs: 1,
    })
    expect(judge([...held, lost(100)], [lost(100)]).verdict).toBe('unknown')
    // Single steps alone refute nothing, and a latency that sent the search there says nothing of the load.
    expect(judge([], [lost(100), lost(100)])).toEqual({ verdict: 'open', canPass: false, runs: 2 })
    expect(judge(held, [step('bisect', 100, 'fail', 9_000)])).toEqual({
      verdict: 'pass',
      canPass: true,
      runs: 4,
    })
  })

  it('does not let a good latency make up for a loss', () => {
    const lost = at([100, 100, 100]).map((each) => ({
      ...each,
      outcome: 'fail' as const,
      isBrokenBeside: true,
    }))
    expect(judgeLevel(lost, [P99])).toMatchObject({ verdict: 'fail', canPass: false })
    expect(judgeLevel([...at([100, 100]), lost[0] as CapacityStep], [P99]).canPass).toBe(false)
  })

  it('holds whatever broke beside the objectives against a repeat whose latency is broken too', () => {
    const broken = { ...(at([251])[0] as CapacityStep), isBrokenBeside: true }
    expect(judgeLevel([...at([200, 200, 200, 200]), broken], [P99])).toMatchObject({
      verdict: 'unknown',
      canPass: false,
    })
    expect(judgeLevel([...at([200, 200, 200, 200]), ...at([251])], [P99]).verdict).toBe('pass')
  })

  it('does not take the latencies of a neighbour that broke down for scatter', () => {
    const repeats = at([50, 55, 54])
    const [calm, collapsed] = at([40, 400]) as [CapacityStep, CapacityStep]
    const beside = (isBrokenBeside: boolean) => [calm, { ...collapsed, isBrokenBeside }]
    expect(judgeLevel(repeats, [P99], [repeats, beside(false)]).verdict).toBe('open')
    expect(judgeLevel(repeats, [P99], [repeats, beside(true)]).verdict).toBe('pass')
  })

  it('judges every latency by its own limit', () => {
    const objectives = [P99, objective('message_delivery:p(50)<50')]
    const both = (p99: number, p50: number): CapacityStep => {
      const made = step('verify', 100, p50 < 50 ? 'pass' : 'fail', p99, objectives)
      return {
        ...made,
        objectives: [
          made.objectives[0],
          { ...made.objectives[1], observed: p50 },
        ] as CapacityStep['objectives'],
      }
    }
    expect(judgeLevel([both(100, 20), both(100, 20), both(100, 20)], objectives).verdict).toBe('pass')
    expect(judgeLevel([both(100, 70), both(100, 70), both(100, 70)], objectives).verdict).toBe('fail')
  })
})
