import { bracketEnds, levelsOf } from '../../src/capacity/levels.ts'
import { moveWithinBudget, type TimedStep } from '../../src/capacity/within-budget.ts'
import type { CapacityStep } from '../../src/measure/capacity.ts'
import { normal, uniforms } from './queue.ts'
import { objective, step } from './searching.ts'

const P99 = objective('message_delivery:p(99)<50')

/** A deployment that breaks down by chance, as a broker does that shares two cores with its load. */
export interface Collapsing {
  /** Half of the runs at this load break down, 12 % and 88 % at e^(∓2 · spread) of it. */
  breaksAt: number
  spread: number
}

/** What a search within a budget came to. */
export interface Budgeted {
  verified: number | undefined
  refuted: number | undefined
  steps: number
}

/**
 * One search of a scenario of 30 s. What steps take and say is as `capacity scenarios/steady.ts --broker rabbitmq` was seen to on
 * two shared cores: 39 to 45 s for a step that held, 45 to 70 s and a new broker for one that broke down, in a fifth of which the
 * generator was unfit, as in one of twenty others.
 */
export function budgetedSearch(n: number, { breaksAt, spread }: Collapsing, budgetSeconds: number): Budgeted {
  const uniform = uniforms(31 * n + 7)
  const settings = {
    unit: 'users',
    objectives: [P99],
    startLoad: 1_000,
    mostLoad: 7_000 + 5_000 * uniform(),
  } as const
  const made: TimedStep[] = []
  let secondsLeft = budgetSeconds - CALIBRATION_SECONDS
  for (;;) {
    const { move } = moveWithinBudget(settings, made, { plannedSeconds: 39, secondsLeft })
    if (move.kind === 'end') break
    const isBroken = uniform() < 1 / (1 + Math.exp(-Math.log(move.load / breaksAt) / spread))
    const next = isBroken ? brokenStep(move, uniform) : steadyStep(move, uniform)
    made.push(next)
    secondsLeft -= next.tookSeconds + (isBroken ? RESTART_SECONDS : 0)
  }
  const levels = levelsOf(
    made.map((each) => each.step),
    [P99],
  )
  const { verified, refuted } = bracketEnds(levels)
  return { verified: verified?.load, refuted: refuted?.load, steps: made.length }
}

const CALIBRATION_SECONDS = 22
const RESTART_SECONDS = 6

type Asked = Pick<CapacityStep, 'phase' | 'load'>

function brokenStep({ phase, load }: Asked, uniform: () => number): TimedStep {
  const outcome = uniform() < 0.2 ? 'generator' : 'fail'
  const observed = 500 * Math.exp(normal(uniform))
  return {
    step: { ...step(phase, load, outcome, observed, [P99]), isBrokenBeside: true },
    tookSeconds: 45 + 15 * uniform() + 10 * Math.max(0, Math.log(load / 3_000)),
  }
}

function steadyStep({ phase, load }: Asked, uniform: () => number): TimedStep {
  const isLate = uniform() < 0.06
  const p99 = 12 * (load / 2_000) * Math.exp(0.4 * normal(uniform)) * (isLate ? 4 : 1)
  const outcome = p99 < 50 ? 'pass' : isLate ? 'generator' : 'fail'
  const tookSeconds = 39 + 4 * Math.min(1, load / 2_500) + 2 * uniform()
  return { step: step(phase, load, outcome, p99, [P99]), tookSeconds }
}
