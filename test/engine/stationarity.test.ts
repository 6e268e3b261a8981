import { describe, expect, it } from 'vitest'
import { judgeStationarity } from '../../src/engine/stationarity.ts'
import type { ValidityCheck } from '../../src/measure/result.ts'
import type { ScenarioInput } from '../../src/scenario/scenario.ts'
import { checkOf, evidence, scenarioOf, secondsOf } from './evidence.ts'

/** A run with twelve seconds of steady load (2 … 13), 40 messages to ten users in each, that stay so many ms. */
function stationarityOf(
  stayMs: (n: number) => number,
  options: {
    input?: Partial<ScenarioInput>
    asked?: (n: number) => number
    settled?: (n: number) => number
    sent?: number
  } = {},
): ValidityCheck {
  const { asked = () => 400, settled = asked, sent = 40 } = options
  const seconds = secondsOf([
    {},
    ...Array.from({ length: 12 }, (_, n) => ({
      counters: { messages_sent: sent, deliveries_expected: asked(n), deliveries_received: settled(n) },
      onTheWay: (asked(n) * stayMs(n)) / 1e3,
    })),
    {},
  ])
  return checkOf('stationarity', { seconds, scenario: scenarioOf(options.input) })
}

describe('the check of stationarity', () => {
  it('holds when as much is on its way at the end as at the start', () => {
    expect(stationarityOf(() => 50)).toMatchObject({ value: 0, limit: 0.1, status: 'ok' })
    expect(stationarityOf((n) => 80 - n).status).toBe('ok')
  })

  // On a line a + bn the thirds lie at n = 1.5 and 9.5: they differ by 8b.
  it.each([
    ['just inside 10 %', (n: number) => 98.5 + n * 1.2, 0.0955, 'ok'],
    ['just outside 10 %', (n: number) => 98 + n * 1.3, 0.1041, 'suspect'],
    ['20 %, but less than 5 ms', (n: number) => 20 + n * 0.6, 0.23, 'ok'],
    ['more than 5 ms of 20', (n: number) => 20 + n * 0.7, 0.266, 'suspect'],
  ] as const)('has its limit at growth: %s', (_, stayMs, value, status) => {
    expect(stationarityOf(stayMs)).toMatchObject({ value: expect.closeTo(value, 3) as number, status })
  })

  it('is not deceived by noise of which the growth is a part', () => {
    // The thirds differ by 30 %, in leaps as large as themselves.
    const leaping = [100, 30, 170, 60, 120, 40, 180, 50, 110, 150, 60, 148]
    expect(stationarityOf((n) => leaping[n] as number)).toMatchObject({
      value: expect.closeTo(0.3, 2) as number,
      status: 'ok',
    })
    // The same growth in one piece is no noise.
    expect(stationarityOf((n) => 90 + 3.375 * n)).toMatchObject({ status: 'suspect' })
  })

  it('sees an overloaded target, calls it so, and says what it would carry', () => {
    // 400 deliveries a second are asked for, 320 made: 80 more wait every second, and each stays as long as they take.
    const { status, value, note, proposal } = stationarityOf((n) => 20 + 250 * (n + 0.5), {
      settled: () => 320,
    })
    expect(status).toBe('suspect')
    expect(value).toBeGreaterThan(3)
    expect(note).toBe(
      '208 deliveries were on their way in the first third, 1,008 in the last: latencies measure a backlog',
    )
    expect(proposal).toBe('the target delivered 320 of 400 deliveries a second: use a rate of 28/s for "say"')
  })

  it('counts what is on its way against what was asked for, so that a slow beginning of the load is no growth', () => {
    const asked = (n: number): number => Math.min(400, 100 * (n + 1))
    expect(stationarityOf(() => 50, { asked })).toMatchObject({ value: 0, status: 'ok' })
  })

  it.each([
    [
      'the load is never the same',
      { users: ramp, activities: { say: { ...ramp, exec: 'say' } } },
      40,
      /never keeps its load/,
    ],
    ['it is the same for five seconds only', { activities: brief }, 40, /steady for less than 6 s/],
    ['most of it is warm-up', { warmUp: '7s' }, 40, /steady for less than 6 s/],
    ['hardly anything was sent', {}, 4, /fewer than 20 messages in a third/],
  ] satisfies [string, Partial<ScenarioInput>, number, RegExp][])(
    'does not judge when %s',
    (_, input, sent, note) => {
      const check = stationarityOf((n) => 20 + 250 * n, { input, sent })
      expect(check).toMatchObject({ status: 'ok', isJudged: false })
      expect(check.note).toMatch(note)
    },
  )
})

describe('the check of stationarity, over many made-up queues', () => {
  const base = evidence()
  /** One server whose service times are exponential with a mean of 20 ms, for 30 s: the share of 60 runs called overloaded. */
  const calledOverloaded = (perSecond: number): number => {
    const random = seeded(perSecond)
    const scenario = scenarioOf({
      users: { executor: 'constant-vus', vus: 100, duration: '32s' },
      activities: {
        say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '30s', rate: perSecond },
      },
    })
    const runs = Array.from({ length: 60 }, () => {
      let freeMs = 0
      const stays = Array.from({ length: perSecond * 30 }, (_, i) => {
        const fromMs = (i * 1e3) / perSecond
        freeMs = Math.max(freeMs, fromMs) - Math.log(1 - random()) * 20
        return [fromMs, freeMs] as const
      })
      const seconds = secondsOf([
        {},
        ...Array.from({ length: 30 }, (_, s) => ({
          counters: {
            messages_sent: perSecond,
            deliveries_expected: perSecond,
            deliveries_received: stays.filter(([, toMs]) => Math.floor(toMs / 1e3) === s).length,
          },
          onTheWay: stays.reduce(
            (sum, [fromMs, toMs]) =>
              sum + Math.max(0, Math.min(s + 1, toMs / 1e3) - Math.max(s, fromMs / 1e3)),
            0,
          ),
        })),
        {},
      ])
      return judgeStationarity({ ...base, scenario, seconds }).status
    })
    return runs.filter((status) => status !== 'ok').length / runs.length
  }

  it('leaves busy servers alone', () => {
    expect(calledOverloaded(40)).toBeLessThanOrEqual(0.05)
    expect(calledOverloaded(45)).toBeLessThanOrEqual(0.05)
  })

  it('finds those that are asked for a tenth too much, and for a fifth', () => {
    expect(calledOverloaded(55)).toBeGreaterThanOrEqual(0.85)
    expect(calledOverloaded(60)).toBeGreaterThanOrEqual(0.95)
  })
})

/** A minimal-standard generator: the same runs everywhere. */
function seeded(seed: number): () => number {
  let state = 1_000_003 * seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

const ramp = { executor: 'ramping-vus' as const, stages: [{ duration: '14s', target: 10 }] }
const brief = {
  say: { executor: 'constant-arrival-rate' as const, startTime: '1s', duration: '5s', rate: 40 },
}
