import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Circumstances, judgePairs } from '../../src/compare/comparison.ts'
import { figuresOf } from '../../src/compare/figures.ts'
import { pairPlan } from '../../src/compare/looks.ts'
import { METRICS } from '../../src/compare/metrics.ts'
import { type PairProgress, type PairsOrder, runPairs } from '../../src/commands/compare/pairs.ts'
import { pairProgress } from '../../src/commands/compare/progress.ts'
import { readSide } from '../../src/commands/compare/side.ts'
import type { DeploymentFlags } from '../../src/commands/run/deployment.ts'
import type { PlannedRun } from '../../src/commands/run/request.ts'
import { StompedeError } from '../../src/errors.ts'
import type { RunResult } from '../../src/measure/result.ts'
import { type MadeUp, madeUpRun } from '../compare/synthetic.ts'

const CIRCUMSTANCES: Circumstances = { rules: METRICS, noise: null, obstacles: [], isUnknownPassed: false }
const INVALID: RunResult['validity'] = {
  status: 'invalid',
  checks: [{ id: 'lateness', says: '', value: 9, limit: 1, unit: 'ms', status: 'invalid' }],
}

const UNNAMED = { url: undefined, stompUrl: undefined }

/** What was asked for, run by run. */
interface Asked {
  side: string
  seed: number
}

/** A comparison whose runs are made up: the n-th run (from 1) of either side is as `made` says. */
function comparison(
  made: (side: string, n: number) => MadeUp,
  change: Partial<PairsOrder> = {},
): { order: PairsOrder; asked: Asked[]; notes: string[]; lines: string[]; kept: string[] } {
  const asked: Asked[] = []
  const notes: string[] = []
  const lines: string[] = []
  const kept: string[] = []
  const { mostPairs = 20, method = 'pairs' } = change
  const say = pairProgress({ mostPairs, method, say: (line) => lines.push(line) })
  const order: PairsOrder = {
    sides: {
      a: readSide('A', 'http://127.0.0.1:1', {} as DeploymentFlags, UNNAMED),
      b: readSide('B', 'http://127.0.0.1:2', {} as DeploymentFlags, UNNAMED),
    },
    seed: 1,
    mostPairs: 20,
    budgetMs: undefined,
    planned: (seed) => Promise.resolve({ scenario: { seed } } as PlannedRun),
    run: ({ name }, { scenario: { seed } }) => {
      asked.push({ side: name, seed })
      const n = asked.filter(({ side }) => side === name).length
      // Runs of one thing are never alike to the digit.
      const scatter = 1 + ((n * 7) % 5) / 1_000
      const result = madeUpRun({ p99Us: 90_000 * scatter, ...made(name, n) })
      return Promise.resolve({ result, figures: figuresOf(result, 0.3) })
    },
    judge: ({ figures }, obstacles) =>
      Promise.resolve(judgePairs(figures, method, { ...CIRCUMSTANCES, obstacles }, '')),
    method,
    directory: mkdtempSync(join(tmpdir(), 'stompede-pairs-')),
    command: 'stompede compare …',
    signal: new AbortController().signal,
    onRun: (progress: PairProgress) => say(progress),
    onNote: (line) => notes.push(line),
    onPair: (_, { verdict }) => {
      kept.push(verdict.status)
      return Promise.resolve()
    },
    ...change,
  }
  return { order, asked, notes, lines, kept }
}

describe('pairs of runs', () => {
  it('end at the first look that decides, with every result kept', async () => {
    const { order, asked, lines, kept } = comparison(() => ({}))
    const outcome = await runPairs(order)
    expect(outcome).toMatchObject({ stoppedBy: 'plan', fault: undefined, discarded: { a: 0, b: 0 } })
    expect(outcome.judged.verdict.status).toBe('same')
    expect(outcome.pairs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(asked).toHaveLength(16)
    // What is kept before that is a part, which says nothing yet.
    expect(kept).toEqual(Array.from({ length: 7 }, () => 'unknown'))
    const results = outcome.pairs.flatMap(({ results: { a, b } }) => [a, b])
    expect(results.slice(0, 3)).toEqual([
      'runs/01-a/result.json',
      'runs/01-b/result.json',
      'runs/02-a/result.json',
    ])
    expect(results.filter((path) => !existsSync(join(order.directory, path)))).toEqual([])
    const first = JSON.parse(
      readFileSync(join(order.directory, 'runs/01-a/result.json'), 'utf8'),
    ) as RunResult
    expect(first.run.command).toBe('stompede compare …')
    expect(lines).toHaveLength(16)
    expect(lines[1]).toMatch(
      /^pair 1 of 8 \(up to 20\) · [AB] p99 90\.\d ms · [AB] p99 90\.\d ms · about \d+ s left$/,
    )
  })

  it('of a self-check are all run: it must not end where the machine just looks calm', async () => {
    const { order, asked, lines } = comparison(() => ({}), { method: 'self-check', mostPairs: 12 })
    const { judged, stoppedBy } = await runPairs(order)
    expect([judged.verdict.status, stoppedBy, judged.noise?.pairs]).toEqual(['same', 'plan', 12])
    expect(asked).toHaveLength(24)
    expect(lines[0]).toMatch(/^pair 1 of 12 · /)
  })

  it('keep what each side was made against, whichever began', async () => {
    const base = madeUpRun().environment
    const targetOf = (side: string): RunResult['environment']['target'] => ({
      ...base.target,
      apiUrl: `http://${side.toLowerCase()}.test`,
    })
    for (const seed of [1, 2, 3, 4]) {
      const made = comparison((side) => ({ environment: { ...base, target: targetOf(side) } }), {
        seed,
        mostPairs: 1,
      })
      expect((await runPairs(made.order)).targets).toEqual({ a: targetOf('A'), b: targetOf('B') })
    }
  })

  it('have one seed and both sides in each, in an order that a coin gives', async () => {
    const { order, asked } = comparison(() => ({}), { seed: 3 })
    const { pairs } = await runPairs(order)
    for (const [i, { seed, first }] of pairs.entries()) {
      const [one, other] = [asked[2 * i], asked[2 * i + 1]]
      expect([one?.seed, other?.seed]).toEqual([seed, seed])
      expect([one?.side, other?.side]).toEqual(first === 'a' ? ['A', 'B'] : ['B', 'A'])
    }
    expect(new Set(pairs.map(({ seed }) => seed)).size).toBe(8)
    expect(new Set(pairs.map(({ first }) => first)).size).toBe(2)
  })

  it('say what B is, worse by its figures', async () => {
    const { order } = comparison((side) => (side === 'B' ? { p99Us: 100_000 } : {}))
    const { judged } = await runPairs(order)
    expect(judged.verdict).toMatchObject({ status: 'worse', exitCode: 12 })
  })

  it('go on from look to look, and end with the most', async () => {
    const wild = (side: string, n: number): MadeUp => ({
      p99Us: side === 'B' && n % 2 === 0 ? 140_000 : 80_000,
    })
    const whole = comparison(wild)
    expect(await runPairs(whole.order)).toMatchObject({
      stoppedBy: 'plan',
      judged: { verdict: { status: 'unknown' } },
    })
    expect(whole.asked).toHaveLength(40)
    const short = comparison(wild, { mostPairs: 3 })
    expect((await runPairs(short.order)).pairs).toHaveLength(3)
  })

  it('are thrown away and run again where a run is not valid, and both are kept aside', async () => {
    const { order, asked, notes } = comparison((side, n) =>
      side === 'A' && n === 2 ? { validity: INVALID } : {},
    )
    const outcome = await runPairs(order)
    expect(outcome).toMatchObject({ discarded: { a: 1, b: 0 }, judged: { verdict: { status: 'same' } } })
    expect(outcome.pairs).toHaveLength(8)
    expect(notes).toEqual(['pair 2 is thrown away and run again: A was not valid (lateness)'])
    const again = asked.filter(({ seed }) => seed === outcome.pairs[1]?.seed)
    expect(again.length).toBeGreaterThanOrEqual(3)
    expect(readdirSync(join(order.directory, 'runs'))).toContain('02-a-discarded-1')
  })

  it('are all kept aside, whichever side threw them away', async () => {
    const seed = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => pairPlan(each, 3).first === 'b')
    // The third pair, which B begins, is thrown away for A, then for B, whereupon A is not run, then for A again.
    const { order } = comparison(
      (side, n) => (n === 4 || (side === 'A' && n === 3) ? { validity: INVALID } : {}),
      { seed },
    )
    const outcome = await runPairs(order)
    expect(outcome.discarded).toEqual({ a: 2, b: 1 })
    const thrown = readdirSync(join(order.directory, 'runs')).filter((name) => name.includes('discarded'))
    expect(thrown.toSorted()).toEqual([
      '03-a-discarded-1',
      '03-a-discarded-3',
      '03-b-discarded-1',
      '03-b-discarded-2',
      '03-b-discarded-3',
    ])
  })

  it('are kept where a target too slow for the load is what makes a run invalid', async () => {
    const check = (id: string): RunResult['validity']['checks'][number] => ({
      id,
      says: '',
      value: 1,
      limit: 0,
      unit: 'count',
      status: 'invalid',
    })
    const slow = (side: string, changeOfB: MadeUp): MadeUp => (side === 'B' ? changeOfB : {})
    const busy = comparison((side) =>
      slow(side, {
        p99Us: 900_000,
        validity: { status: 'invalid', checks: ['dropped', 'drained'].map(check) },
      }),
    )
    expect(await runPairs(busy.order)).toMatchObject({
      discarded: { a: 0, b: 0 },
      judged: { verdict: { status: 'worse', exitCode: 12 } },
    })
    const aborts = comparison((side) => slow(side, { run: { isPartial: true, stoppedBy: 'threshold' } }))
    expect(await runPairs(aborts.order)).toMatchObject({
      discarded: { a: 0, b: 0 },
      judged: {
        verdict: {
          status: 'worse',
          reasons: expect.arrayContaining(['runs aborted by a threshold: none in A, 8 in B']) as string[],
        },
      },
    })
    // A generator that was late, and a worker that died, say nothing all the same.
    const unfit = comparison(
      (side, n) =>
        slow(side, n > 1 ? {} : { run: { isPartial: true, stoppedBy: 'threshold' }, validity: INVALID }),
      { mostPairs: 1 },
    )
    expect((await runPairs(unfit.order)).discarded).toEqual({ a: 0, b: 1 })
    const dead = comparison(
      (side, n) => slow(side, n > 1 ? {} : { run: { isPartial: true, stoppedBy: 'fault' } }),
      { mostPairs: 1 },
    )
    expect((await runPairs(dead.order)).discarded).toEqual({ a: 0, b: 1 })
  })

  it('are unknown for what was thrown away where that used up the budget', async () => {
    const { order } = comparison((side) => (side === 'B' ? { validity: INVALID } : {}), { budgetMs: 0 })
    const { stoppedBy, judged } = await runPairs(order)
    expect(stoppedBy).toBe('budget')
    expect(judged.verdict.reasons[0]).toBe('1 pair had to be thrown away (B: was not valid (lateness))')
  })

  it('are given up where too many have to be thrown away', async () => {
    const { order, asked } = comparison((side) => (side === 'B' ? { validity: INVALID } : {}))
    const outcome = await runPairs(order)
    expect(outcome).toMatchObject({ stoppedBy: 'fault', pairs: [], discarded: { a: 0, b: 9 } })
    expect(outcome.judged.verdict).toMatchObject({
      status: 'unknown',
      exitCode: 13,
      reasons: ['9 pairs had to be thrown away (B: was not valid (lateness))'],
    })
    expect(asked.length).toBeLessThanOrEqual(18)
  })

  it('end with what there is when the budget is used up', async () => {
    const { order, asked } = comparison(() => ({}), { budgetMs: 0 })
    const outcome = await runPairs(order)
    // The first always begins.
    expect(asked).toHaveLength(2)
    expect(outcome).toMatchObject({ stoppedBy: 'budget', judged: { verdict: { status: 'unknown' } } })
  })

  it('end with what there is at a signal, and the pair that was begun does not count', async () => {
    const controller = new AbortController()
    const { order } = comparison(
      (_, n) => {
        if (n === 3) controller.abort()
        return {}
      },
      { signal: controller.signal },
    )
    const outcome = await runPairs(order)
    expect(outcome).toMatchObject({
      stoppedBy: 'signal',
      judged: { verdict: { status: 'unknown', reasons: ['stopped by a signal after 2 pairs'] } },
    })
    // The run that had ended is there all the same.
    expect(readdirSync(join(order.directory, 'runs')).filter((name) => name.startsWith('03-'))).toHaveLength(
      1,
    )
  })

  it('end with what there is when a side does not start any more, and throw where none ever did', async () => {
    const dies = (after: number) => {
      const { order } = comparison(() => ({}))
      let runs = 0
      const fail = new StompedeError('TARGET_FAILED', 'B ended with code 1 before it answered')
      return {
        ...order,
        run: (...args: Parameters<PairsOrder['run']>) =>
          ++runs > after ? Promise.reject(fail) : order.run(...args),
      }
    }
    const outcome = await runPairs(dies(7))
    expect(outcome).toMatchObject({
      stoppedBy: 'fault',
      fault: { exitCode: 14 },
      judged: {
        verdict: {
          status: 'unknown',
          reasons: ['B ended with code 1 before it answered; 3 pairs were whole by then'],
        },
      },
    })
    await expect(runPairs(dies(0))).rejects.toThrow('B ended with code 1')
  })
})

describe('the progress of a comparison', () => {
  it('is a line a run, with the time to the next look', () => {
    const lines: string[] = []
    let nowMs = 0
    const told = pairProgress({
      mostPairs: 20,
      method: 'pairs',
      say: (line) => lines.push(line),
      nowMs: () => nowMs,
    })
    const run = (p99Us: number): RunResult => madeUpRun({ p99Us })
    const plan = { number: 3, seed: 1, first: 'b' } as const
    nowMs = 40_000
    told({ plan, done: 2, a: undefined, b: run(127_000) })
    nowMs = 100_000
    told({ plan, done: 2, a: run(118_000), b: run(127_000) })
    expect(lines).toEqual([
      // 11 runs of 40 s; then 10 of 50 s.
      'pair 3 of 8 (up to 20) · B p99 127 ms · about 8 min left',
      'pair 3 of 8 (up to 20) · B p99 127 ms · A p99 118 ms · about 9 min left',
    ])
  })
})
