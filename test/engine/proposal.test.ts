import { describe, expect, it } from 'vitest'
import type { Load } from '../../src/engine/load.ts'
import { forWorkers, lessLoad, lighten, roundedDown } from '../../src/engine/proposal.ts'
import { emptyCounters } from '../../src/measure/metrics.ts'
import { checkOf, evidence, latencies, scenarioOf, secondsOf } from './evidence.ts'

const load: Load = {
  users: 1000,
  workers: 1,
  coresForWorkers: 4,
  isTargetHere: false,
  framesPerSecond: 20_000,
  costUs: 45,
  cpuShare: 0.9,
  audience: 10,
  followsUsers: { byPace: true, byRoom: false },
  fixedRates: [],
}
const calm = { delay: 0, cpu: 0, loopDelayMs: 10 }

describe('what would have been valid', () => {
  it('is more workers or fewer users, by what a delivery costs on this machine', () => {
    // 0.8 of a core limits, a tenth is kept: 0.9 × 0.8 ÷ 0.9 of the load.
    expect(forWorkers(load, { ...calm, cpu: 0.9 / 0.8 })).toBe(
      'one worker carried 20,000 deliveries/s at 45 µs of processor time a delivery, 0.9 of a core: use --workers 2, or -u 800',
    )
  })

  it('is as many workers as the load needs, not one more', () => {
    expect(lighten({ ...load, workers: 2 }, 0.51)).toBe('use --workers 4, or -u 510')
    expect(lighten({ ...load, workers: 2 }, 0.49)).toBe('use -u 490')
  })

  it('is a lower rate where the number of users does not change it', () => {
    const fixed = { ...load, followsUsers: { byPace: false, byRoom: false }, coresForWorkers: 1 }
    expect(lessLoad({ ...fixed, fixedRates: [{ name: 'say', perSecond: 64 }] }, 0.5)).toBe(
      'a rate of 32/s for "say"',
    )
    expect(lessLoad({ ...fixed, fixedRates: [{ name: 'say', perSecond: 0.5 }] }, 0.5)).toBe(
      'a rate of 0.25/s for "say"',
    )
    const both = { ...load, fixedRates: [{ name: 'announce', perSecond: 8 }] }
    expect(lessLoad(both, 0.5)).toBe('-u 500 with a rate of 4/s for "announce"')
  })

  it('is the square root of the users where everybody talks to everybody', () => {
    expect(lessLoad({ ...load, followsUsers: { byPace: true, byRoom: true } }, 0.25)).toBe('-u 500')
    const announced = {
      ...load,
      followsUsers: { byPace: false, byRoom: true },
      fixedRates: [{ name: 'a', perSecond: 4 }],
    }
    expect(lessLoad(announced, 0.25)).toBe('-u 250')
  })

  it('is nothing on a machine that is too small', () => {
    const alone = { ...load, users: 1, coresForWorkers: 1, isTargetHere: true }
    expect(lighten(alone, 0.4)).toBe(
      "no setting of this machine would do: it takes 3 workers, and there is one core beside the target's",
    )
  })

  it('follows the waiting time of a queue where workers were late', () => {
    // ρ = 0.9 waits 9 services; a tenth of the delay is ρ = 0.9 ÷ 1.9 = 0.474, with a tenth to spare 0.426 ÷ 0.9.
    expect(forWorkers(load, { ...calm, delay: 10 })).toMatch(/0\.9 of a core: use --workers 3, or -u 470$/)
  })

  it('spreads a crowd in one room, of which each message is a burst', () => {
    const crowd = { ...load, cpuShare: 0.3, audience: 1000, framesPerSecond: 4_000, costUs: 75 }
    expect(forWorkers(crowd, { ...calm, delay: 6 })).toBe(
      'one worker carried 4,000 deliveries/s at 75 µs of processor time a delivery, 0.3 of a core; a message to 1,000 users is 75 ms of work at once: use -u 120',
    )
    expect(forWorkers({ ...crowd, audience: 400 }, { ...calm, delay: 3 })).toMatch(
      /30 ms of work at once: use --workers 4, or -u 300$/,
    )
  })

  it('does not blame the load for a processor that others held', () => {
    const idle = { ...load, cpuShare: 0.2 }
    expect(forWorkers(idle, { ...calm, delay: 2 })).toMatch(
      /0\.2 of a core, which alone makes nobody late; another program held the processor: no setting makes up for it$/,
    )
    // Less load leaves more to a target that shares the machine.
    expect(forWorkers({ ...idle, isTargetHere: true }, { ...calm, delay: 2 })).toMatch(
      /give the target a machine of its own \(--target\), or use --workers 2, or -u 500$/,
    )
    // Far beyond its limit, nothing of what is measured says what would do.
    expect(forWorkers({ ...idle, isTargetHere: true }, { ...calm, delay: 40 })).toMatch(/\(--target\)$/)
  })

  it('takes workers back that have no core', () => {
    expect(forWorkers({ ...load, workers: 6, cpuShare: 0.5 }, { ...calm, delay: 5 })).toMatch(
      /6 workers shared 4 cores, so each waited for its turn: use --workers 4$/,
    )
    // Six that hardly do anything do not keep each other waiting.
    expect(forWorkers({ ...load, workers: 6, cpuShare: 0.1 }, { ...calm, delay: 5 })).toContain(
      'another program',
    )
  })

  it('claims two digits and never more than was found', () => {
    expect([7.9, 12, 99.9, 738, 12_499].map(roundedDown)).toEqual([7, 12, 99, 730, 12_000])
  })

  it('is found in the figures of the run itself', () => {
    const scenario = scenarioOf({
      activities: {
        say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '12s', ratePerUser: 0.4 },
      },
    })
    // 24,000 frames before the first activity belong to nobody's measured load; then 500 a second.
    const seconds = secondsOf([
      { counters: { ws_msgs_received: 24_000 } },
      ...Array.from({ length: 13 }, () => ({ counters: { ws_msgs_received: 500 } })),
    ])
    const { proposal } = checkOf('cpu', {
      scenario,
      seconds,
      environment: { cores: 2, workers: 1, target: { isOwn: true } },
      generator: [{ shard: 0, loopDelayP99Us: 0, cpuShare: 0.96, heapBytes: 0 }],
    })
    expect(proposal).toBe(
      'one worker carried 500 deliveries/s at 1,920 µs of processor time a delivery, 0.96 of a core: use -u 75',
    )
  })
})

describe('what would have left everybody free in time', () => {
  const busy = {
    counters: { ...emptyCounters(), iterations: 900, dropped_iterations: 100 },
    labelled: { 'dropped_iterations{reason:busy}': 100 },
    trends: { iteration_duration: latencies([1000, 5000]) },
  }

  it('is enough users for the rate, or a rate for the users', () => {
    // 40 starts a second, each busy for 5 s: 200 users, or 20 starts a second of 100.
    expect(checkOf('dropped', busy).proposal).toMatch(
      /^each user was wanted every 2\.5 s and busy for up to 5 s \(p99\.9\): use -u 2[01]0, or a rate of (20|19)\/s$/,
    )
  })

  it('says when it was the target that kept them', () => {
    const trends = { ...busy.trends, 'http_req_duration{call:send-message}': latencies([1000, 4800]) }
    expect(checkOf('dropped', { ...busy, trends }).proposal).toMatch(
      /busy for up to 5 s \(p99\.9\), for 4\.8 s of which the target let it wait: use -u/,
    )
  })

  it('is a rate a user where the rate grows with the users', () => {
    const scenario = scenarioOf({
      activities: {
        say: { executor: 'constant-arrival-rate', startTime: '1s', duration: '12s', ratePerUser: 0.5 },
      },
    })
    expect(checkOf('dropped', { ...busy, scenario }).proposal).toMatch(
      /every 2 s and busy for up to 5 s \(p99\.9\): use 0\.(2|19)\/s a user \(ratePerUser\), (20|19)\/s in all$/,
    )
  })

  it('is one activity where several meet on the same users', () => {
    const scenario = scenarioOf({
      activities: {
        say: { executor: 'constant-arrival-rate', duration: '13s', rate: 6 },
        hop: { executor: 'constant-arrival-rate', duration: '13s', rate: 4 },
      },
    })
    expect(checkOf('dropped', { ...busy, scenario }).proposal).toMatch(
      /every 10 s and busy for up to 5 s \(p99\.9\), but 2 activities meet on the same users/,
    )
  })
})

it('a call without an answer is waited for as long as its three tries may take', () => {
  const { proposal } = checkOf('drained', {
    ...evidence(),
    isDrained: false,
    scenario: scenarioOf({ timeout: '4s' }),
  })
  expect(proposal).toContain("delivery: { drain: '15s' }")
})
