import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type AfterContext,
  type AfterPlan,
  idlePlan,
  overloadPlan,
  soakPlan,
} from '../../src/commands/capacity/after-plans.ts'
import { afterSearch } from '../../src/commands/capacity/aftermath.ts'
import { goOnText } from '../../src/commands/capacity/go-on.ts'
import { loadOverrides } from '../../src/commands/capacity/loads.ts'
import type { StepSurroundings } from '../../src/commands/capacity/step.ts'
import type { Bracket, CapacityResult } from '../../src/measure/capacity.ts'
import { readScenario } from '../../src/scenario/read.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { arrivalCount, endOf, type OpenWorkload } from '../../src/scenario/workload.ts'
import { objective, P99 } from '../capacity/searching.ts'
import { scenarioOf } from '../engine/evidence.ts'
import { bracketedSearch } from '../report/capacity-fixture.ts'

const MINUTES = 60_000
const HOURS = 60 * MINUTES
const STEADY = await readScenario('scenarios/steady.ts', { env: {} })
const steady: AfterContext = { scenario: STEADY, unit: 'users', stepMs: 30_000 }

/** The scenario as the run of a plan reads it. */
function planned({ scenario, unit }: AfterContext, { load, lengthMs, more }: AfterPlan): Promise<Scenario> {
  const isStretched = more?.stages === undefined
  return readScenario(scenario.source, {
    env: {},
    ...loadOverrides(scenario, unit, { load, lengthMs, isStretched }),
    ...more,
  })
}

function workloadOf({ activities }: Scenario): OpenWorkload {
  return activities[0]?.workload as OpenWorkload
}

describe('the soak', () => {
  it('lets users come as in a step, and then goes on at the highest rate for as long as was asked', async () => {
    const plan = soakPlan(steady, 1_000, 2 * HOURS)
    const { users, durationMs, warmUpMs, ...rest } = await planned(steady, plan)
    expect(plan).toMatchObject({ phase: 'soak', load: 800, lengthMs: durationMs })
    expect(users.stages).toEqual([
      { durationMs: 10_000, target: 800 },
      { durationMs: 2 * HOURS + 3_000, target: 800 },
    ])
    const chat = workloadOf({ users, durationMs, warmUpMs, ...rest })
    expect([chat.startMs, endOf(chat)]).toEqual([11_000, 2 * HOURS + 11_000])
    // 800 users, each once in 30 s, from the first second to the last.
    expect(arrivalCount(chat)).toBe((800 / 30) * 7_200)
    expect(warmUpMs).toBe(5_000)
    expect(durationMs).toBe(2 * HOURS + 13_000)
  })

  it('lets users take as long to come as in steps that are longer, and counts the warm-up from then on', async () => {
    const longer = { ...steady, stepMs: 60_000 }
    const made = await planned(longer, soakPlan(longer, 1_000, 10 * MINUTES))
    expect(made.users.stages[0]).toEqual({ durationMs: 20_000, target: 800 })
    const chat = workloadOf(made)
    expect(endOf(chat)).toBe(22_000 + 10 * MINUTES)
    expect(arrivalCount(chat)).toBe((800 / 30) * 600)
    // Nothing is asked from 11 s to 22 s.
    expect(made.warmUpMs).toBe(16_000)
  })

  it('holds the users of the scenario, and the rate, where rates are what is scaled', async () => {
    const rates: AfterContext = { ...steady, unit: 'arrivals/s' }
    const made = await planned(rates, soakPlan(rates, 100, 60_000))
    expect(made.users.stages[0]).toEqual({ durationMs: 10_000, target: 1_000 })
    expect(arrivalCount(workloadOf(made))).toBe(80 * 60)
  })

  it('stretches closed activities as a whole, until they take as long as was asked', async () => {
    const scenario = await readScenario('scenarios/ramp.ts', { env: {} })
    const closed: AfterContext = { scenario, unit: 'users', stepMs: scenario.durationMs }
    const { activities } = await planned(closed, soakPlan(closed, 1_000, HOURS))
    const [workload] = activities.map((activity) => activity.workload)
    expect(workload === undefined ? 0 : endOf(workload) - workload.startMs).toBeCloseTo(HOURS, 3)
  })
})

describe('the idle users', () => {
  it('listen for 20 s after everybody has come', async () => {
    const { users, activities } = await planned(steady, idlePlan(steady, 2_000))
    expect(users.stages).toEqual([
      { durationMs: 10_000, target: 2_000 },
      { durationMs: 22_000, target: 2_000 },
    ])
    expect(activities).toEqual([])
  })

  it('listen as long where everybody is there from the start', () => {
    const plan = idlePlan({ scenario: scenarioOf(), unit: 'users', stepMs: 14_000 }, 50)
    expect(plan.more?.stages).toEqual([
      { durationMs: 0, target: 50 },
      { durationMs: 22_000, target: 50 },
    ])
  })
})

describe('the overload', () => {
  const bounded = (mostLoad: number | null, objectives = [P99]) =>
    overloadPlan({ ...steady, objectives, mostLoad }, { verified: 1_000, refuted: 1_100 })

  it('asks for 1.3 of the refuted load for a minute, then for half of the verified one', async () => {
    const order = bounded(null)
    if (typeof order === 'string') throw new Error(order)
    expect(order).toMatchObject({ recoverLoad: 500, endsAtMs: 71_000, objective: P99 })
    const chat = workloadOf(await planned(steady, order.plan))
    expect(order.plan.load).toBe(1_430)
    expect(arrivalCount(chat)).toBe(Math.ceil((1_430 / 30) * 60 + (500 / 30) * 60))
    expect(endOf(chat)).toBe(131_000)
  })

  it('never asks for more than the search might, and for nothing where that is no overload', () => {
    expect(bounded(1_200)).toMatchObject({ plan: { load: 1_200 } })
    expect(bounded(1_100)).toBe(
      'no overload was made: 1,100 users were refuted, and 1,100 are the most that may be asked for',
    )
    expect(bounded(1_101)).toMatchObject({ plan: { load: 1_101 } })
  })

  it('is timed by an objective on message_delivery, wherever it stands, and not made without one', () => {
    const calls = objective('http_req_duration:p(99)<20')
    expect(bounded(null, [calls, P99])).toMatchObject({ objective: P99 })
    expect(bounded(null, [calls])).toBe(
      'no overload was made: recovery is timed by message_delivery, and no objective is on its latency',
    )
  })

  it('is not made for closed activities, or where nothing was refuted', () => {
    const say = { executor: 'constant-vus', vus: 2, duration: '9s' } as const
    const closed = { ...steady, scenario: scenarioOf({ activities: { say } }) }
    expect(
      overloadPlan({ ...closed, objectives: [P99], mostLoad: null }, { verified: 1, refuted: 2 }),
    ).toContain('closed activities have no rate')
    expect(
      overloadPlan({ ...steady, objectives: [P99], mostLoad: null }, { verified: 1, refuted: null }),
    ).toContain('no load was refuted')
  })

  it('says why it was not made', async () => {
    const around = {
      ...steady,
      objectives: [P99],
      signal: new AbortController().signal,
    } as unknown as StepSurroundings
    const bracket = { verified: 1_000, refuted: 1_100 } as Bracket
    const nobody = { numberOfNext: () => 1, began: () => undefined, made: () => undefined }
    const order = {
      flags: { overload: true, idle: false },
      order: { soakMs: undefined },
      stepMs: 30_000,
      mostLoad: 900,
    }
    expect(await afterSearch(around, bracket, order, nobody)).toMatchObject({
      overload: null,
      open: ['no overload was made: 1,100 users were refuted, and 900 are the most that may be asked for'],
    })
  })
})

describe('what cannot be run afterwards', () => {
  it('is said, and takes nothing from what the search found', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stompede-after-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'slow.yaml')
    writeFileSync(
      file,
      `
users: { executor: constant-vus, vus: 6, duration: 20s }
warmUp: 10s
activities:
  say: { executor: constant-arrival-rate, startTime: 1s, duration: 17s, rate: 12 }
`,
    )
    const scenario = await readScenario(file, { env: {} })
    const { signal } = new AbortController()
    const around = { scenario, overrides: { env: {} }, unit: 'users', objectives: [P99], signal }
    const after = await afterSearch(
      around as unknown as StepSurroundings,
      { verified: 10, refuted: null } as Bracket,
      { flags: { overload: false, idle: false }, order: { soakMs: 5_000 }, stepMs: 20_000, mostLoad: null },
      { numberOfNext: () => 1, began: () => undefined, made: () => undefined },
    )
    expect(after.soak).toBeNull()
    expect(after.open).toEqual([
      expect.stringMatching(/^the soak was not made: .*; warmUp: of 10 s leaves nothing/),
    ])
  })
})

describe('how to go on', () => {
  const ended = (
    stoppedBy: CapacityResult['run']['stoppedBy'],
    change: Partial<CapacityResult> = {},
  ): string | undefined => {
    const found = bracketedSearch()
    return goOnText({ ...found, run: { ...found.run, stoppedBy }, ...change }, 'reports/x-capacity')
  }

  it('is with the same command after a signal, and with more time after a budget that was spent', () => {
    expect(ended('signal')).toBe('to go on: the same command with --resume reports/x-capacity')
    expect(ended('budget')).toBe(
      'to go on: the same command with --resume reports/x-capacity and a larger --budget',
    )
  })

  it('is with the same command after runs that could not be made', () => {
    const bracket: Bracket = {
      verified: 100,
      repeats: 3,
      refuted: null,
      refutedRepeats: 0,
      outcome: 'undecided',
    }
    expect(ended('plan', { bracket })).toBe('to go on: the same command with --resume reports/x-capacity')
  })

  it('is not said of a search that has its answer', () => {
    expect(ended('plan')).toBeUndefined()
  })
})
