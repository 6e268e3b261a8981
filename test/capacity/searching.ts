import { bracketOf } from '../../src/capacity/bracket.ts'
import { parseObjective, type Objective } from '../../src/capacity/objective.ts'
import type { SearchSettings } from '../../src/capacity/move.ts'
import { nextMove } from '../../src/capacity/search.ts'
import type { Bracket, CapacityStep, ResourceUse } from '../../src/measure/capacity.ts'
import { judgeObserved } from '../../src/scenario/thresholds.ts'
import { logNormal, type Queue, saturation, sojournMs, trueRate, uniforms } from './queue.ts'

/** An objective that is known to be right. */
export function objective(text: string): Objective {
  const parsed = parseObjective(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

/** What most tests ask for. */
export const P99 = objective('message_delivery:p(99)<250')

/** A step as a search stores it; without an observed value half or twice the limit of the first objective. */
export function step(
  phase: CapacityStep['phase'],
  load: number,
  outcome: CapacityStep['outcome'],
  observed?: number,
  objectives: readonly Objective[] = [P99],
): CapacityStep {
  const { limit } = (objectives[0] ?? P99).threshold
  const value = observed ?? limit * (outcome === 'fail' ? 2 : 0.5)
  return {
    number: 0,
    phase,
    load,
    users: load,
    seed: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationSeconds: 30,
    outcome,
    reasons: [],
    objectives: objectives.map((each) => ({
      expression: each.text,
      observed: value,
      limit: each.threshold.limit,
      isAtLeast: false,
      count: each.isLatency ? 10_000 : null,
      status: judgeObserved(each.threshold, value),
    })),
    isBrokenBeside: false,
    validity: 'valid',
    latency: { p50Us: 1_000, p99Us: value * 1e3, atLeast: [], count: 10_000 },
    achieved: { deliveriesPerSecond: load * 10, sentPerSecond: load, shareOfPlan: 1, errorShare: 0, lost: 0 },
    cpuShare: null,
    resources: [],
    result: null,
  }
}

/** What most tests search: users from 100, without a bound. */
export const SETTINGS: SearchSettings = { unit: 'users', objectives: [P99], startLoad: 100, mostLoad: null }
/** Time that does not run out. */
export const ENDLESS = { secondsLeft: Number.POSITIVE_INFINITY, secondsPerStep: 30 }

/** Repeats at a load with these p99s. */
export function repeats(
  phase: 'verify' | 'refute',
  load: number,
  observed: readonly number[],
): CapacityStep[] {
  return observed.map((value) => step(phase, load, value < 250 ? 'pass' : 'fail', value))
}

/** A step in which more than latencies broke. */
export function broken(load: number, phase: CapacityStep['phase'] = 'ramp'): CapacityStep {
  return { ...step(phase, load, 'fail'), isBrokenBeside: true }
}

/** What a process used in a step of ten seconds. */
export function use(name: string, cpuCores: number, more: Partial<ResourceUse> = {}): ResourceUse {
  return { name, cpuCores, cores: 4, cpuSeconds: cpuCores * 10, memoryBytes: null, shares: {}, ...more }
}

/** Lets a search run on answers until it ends. */
export function search(
  settings: SearchSettings,
  answer: (load: number, number: number) => { outcome: CapacityStep['outcome']; observed?: number },
  most = 300,
): { steps: CapacityStep[]; bracket: Bracket; why: string } {
  const steps: CapacityStep[] = []
  while (steps.length < most) {
    const move = nextMove(settings, steps, { secondsLeft: Number.POSITIVE_INFINITY, secondsPerStep: 30 })
    if (move.kind === 'end')
      return { steps, bracket: bracketOf(steps, settings.objectives, move.why), why: move.why }
    const { outcome, observed } = answer(move.load, steps.length + 1)
    steps.push({
      ...step(move.phase, move.load, outcome, observed, settings.objectives),
      number: steps.length + 1,
    })
  }
  throw new Error(
    `no end after ${most} steps: ${steps
      .slice(-12)
      .map(({ phase, load }) => `${phase} ${load}`)
      .join(', ')}`,
  )
}

/** One search against a simulated queue whose true rate is known. */
export interface Trial {
  truth: number
  bracket: Bracket
  steps: number
}

/** The `n`-th of a series of searches: its queue, its limit and its start differ from the others'. */
export function trial(n: number, arrivalsForTruth: number): Trial {
  const { queue, limitMs, startShare } = puzzle(n)
  const truth = truthOf(queue, limitMs, arrivalsForTruth)
  return { truth, ...searchFor(n, queue, limitMs, truth * startShare) }
}

/** What the `n`-th search is about. */
export function puzzle(n: number): { queue: Queue; limitMs: number; startShare: number } {
  const next = uniforms(7_919 * n + 17)
  const queue = { servers: 1 + Math.floor(next() * 8), medianMs: 1 + next() * 7, sigma: 0.3 + next() * 0.5 }
  // Without any queue p99 is that of the service alone (2.326 deviations above its median); less can never be held.
  const limitMs = (1.3 + next() * 3) * queue.medianMs * Math.exp(queue.sigma * 2.326)
  return { queue, limitMs, startShare: 0.15 + next() * 0.6 }
}

/** The rate at which the queue's p99 reaches the limit. */
export function truthOf(queue: Queue, limitMs: number, count: number): number {
  const asked = { limitMs, percentile: 99, arrivals: 'random', count, most: saturation(queue) } as const
  return trueRate(asked, queue.servers, (uniform) => ({ service: logNormal(queue, uniform) }))
}

/** A search whose steps are simulations of the queue. */
export function searchFor(
  n: number,
  queue: Queue,
  limitMs: number,
  startLoad: number,
): Pick<Trial, 'bracket' | 'steps'> {
  const objectives = [objective(`message_delivery:p(99)<${limitMs}`)]
  const settings: SearchSettings = { unit: 'arrivals/s', objectives, startLoad, mostLoad: null }
  const { bracket, steps } = search(settings, (perSecond, number) => {
    const uniform = uniforms(n * 1_000 + number)
    // 30 seconds measured, 5 to settle, and never fewer than a p99 needs.
    const count = Math.max(3_000, Math.round(perSecond * 30))
    const load = {
      perSecond,
      arrivals: 'random',
      count,
      skip: Math.round(perSecond * 5),
      percentile: 99,
    } as const
    const observed = sojournMs(load, queue.servers, { service: logNormal(queue, uniform) }, uniform)
    return { outcome: observed < limitMs ? 'pass' : 'fail', observed }
  })
  return { bracket, steps: steps.length }
}
