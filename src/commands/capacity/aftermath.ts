import { recoveryOf, soakOf } from '../../capacity/aftermath.ts'
import type { IdleUse } from '../../capacity/cost.ts'
import { StompedeError } from '../../errors.ts'
import type { Bracket, CapacityResult } from '../../measure/capacity.ts'
import { type AfterContext, type AfterPlan, idlePlan, overloadPlan, soakPlan } from './after-plans.ts'
import type { CapacityFlags, SearchOrder } from './flags.ts'
import { type MadeStep, makeStep, type StepOrder, type StepSurroundings } from './step.ts'

/** What is done after a search, on request. */
export interface Aftermath {
  soak: CapacityResult['soak']
  overload: CapacityResult['overload']
  idle: IdleUse[]
  /** What was asked for and could not be done, in words. */
  open: string[]
}

/** What was asked for, and the bounds of the search it comes after. */
export interface AfterOrder {
  flags: Pick<CapacityFlags, 'overload' | 'idle'>
  order: Pick<SearchOrder, 'soakMs'>
  stepMs: number
  /** Never more than this; null: no bound is known. */
  mostLoad: number | null
}

/**
 * Runs what was asked for after the search; `made` hears of every step. Ends early on a signal. What cannot be run, such as a
 * soak that is shorter than the scenario's warm-up, is said: the search has its answer by then.
 */
export async function afterSearch(
  around: StepSurroundings,
  { verified, refuted }: Bracket,
  { flags, order, stepMs, mostLoad }: AfterOrder,
  { numberOfNext, began, made }: StepListener,
): Promise<Aftermath> {
  const found: Aftermath = { soak: null, overload: null, idle: [], open: [] }
  const { scenario, unit, objectives, signal } = around
  const context: AfterContext = { scenario, unit, stepMs }
  const run = async (what: string, plan: AfterPlan): Promise<MadeStep | undefined> => {
    const step = { ...plan, number: numberOfNext() }
    if (!signal.aborted) began(step)
    const done = await attempt(around, step)
    if (typeof done === 'string') {
      found.open.push(`${what} was not made: ${done}`)
      return undefined
    }
    made(done)
    return done
  }
  if (verified === null) {
    if (flags.idle || order.soakMs !== undefined || flags.overload)
      found.open.push('nothing was done afterwards, for no load was verified')
    return found
  }
  if (flags.idle) {
    // No step of the search: nothing is asked of the target in it, and nothing of it is kept.
    const quiet = { ...around, objectives: [], directory: undefined }
    const done = await attempt(quiet, { ...idlePlan(context, verified), number: numberOfNext() })
    if (typeof done === 'string') found.open.push(`what idle users cost was not seen: ${done}`)
    else if (done.idle.length === 0)
      found.open.push(['what idle users cost was not seen', ...done.step.reasons].join('; '))
    else found.idle.push(...done.idle)
  }
  if (order.soakMs !== undefined) {
    const done = await run('the soak', soakPlan(context, verified, order.soakMs))
    if (done !== undefined) found.soak = soakOf(done.step, done.result, order.soakMs / 1e3, done.usedBetween)
  }
  if (flags.overload) {
    const planned = overloadPlan({ ...context, objectives, mostLoad }, { verified, refuted })
    if (typeof planned === 'string') found.open.push(planned)
    else {
      const { plan, objective, recoverLoad, endsAtMs } = planned
      const done = await run('the overload', plan)
      const loads = { overloadLoad: plan.load, recoverLoad, endsAtMs }
      if (done?.result !== undefined) found.overload = recoveryOf(done.result, objective, loads)
      else if (done !== undefined)
        found.open.push(`the overload was not made: ${done.step.reasons.join('; ')}`)
    }
  }
  return found
}

/** Who numbers the steps and hears of them. */
export interface StepListener {
  numberOfNext: () => number
  began: (order: StepOrder) => void
  made: (done: MadeStep) => void
}

// --- internal ---

/** Makes a run; in words, why it was not made. */
async function attempt(around: StepSurroundings, order: StepOrder): Promise<MadeStep | string> {
  const stopped = 'it was stopped by a signal'
  if (around.signal.aborted) return stopped
  try {
    const done = await makeStep(around, order)
    return around.signal.aborted ? stopped : done
  } catch (error) {
    if (!(error instanceof StompedeError) || error.code === 'REPORT_UNWRITABLE') throw error
    return [error.message, ...error.problems].join('; ')
  }
}
