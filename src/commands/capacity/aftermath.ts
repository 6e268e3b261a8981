import { recoveryOf, soakOf } from '../../capacity/aftermath.ts'
import { floorLoad } from '../../capacity/loads.ts'
import type { IdleUse } from '../../capacity/cost.ts'
import type { Bracket, CapacityResult } from '../../measure/capacity.ts'
import { activeFromMs } from '../../scenario/span.ts'
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

/** Runs what was asked for after the search; `made` hears of every step. Ends early on a signal. */
export async function afterSearch(
  around: StepSurroundings,
  bracket: Bracket,
  { flags, order, stepMs }: { flags: CapacityFlags; order: SearchOrder; stepMs: number },
  { numberOfNext, began, made }: StepListener,
): Promise<Aftermath> {
  const found: Aftermath = { soak: null, overload: null, idle: [], open: [] }
  const { verified, refuted } = bracket
  const run: Run = async (wanted) => {
    if (around.signal.aborted) return undefined
    const step = { ...wanted, number: numberOfNext() }
    began(step)
    const done = await makeStep(around, step)
    if (around.signal.aborted) return undefined
    made(done)
    return done
  }
  if (verified === null) {
    if (flags.idle || order.soakMs !== undefined || flags.overload)
      found.open.push('nothing was done afterwards, for no load was verified')
    return found
  }
  if (flags.idle) found.idle.push(...(await idleUse(around, numberOfNext(), verified)))
  if (order.soakMs !== undefined) {
    const load = floorLoad(SOAK_SHARE * verified, around.unit)
    const done = await run({ phase: 'soak', load, lengthMs: order.soakMs })
    if (done === undefined) found.open.push('the soak was not made')
    else found.soak = soakOf(done.step, done.result, done.usedBetween)
  }
  if (flags.overload && refuted === null) found.open.push('no overload was made, for no load was refuted')
  else if (flags.overload && refuted !== null) {
    const said = await overload(around, run, { verified, refuted, stepMs })
    if (typeof said === 'string') found.open.push(said)
    else found.overload = said
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

type Run = (wanted: Omit<StepOrder, 'number'>) => Promise<MadeStep | undefined>

const SOAK_SHARE = 0.8
const OVERLOAD_FACTOR = 1.3
const RECOVER_SHARE = 0.5
const OVERLOAD_MS = 60_000
const RECOVER_MS = 60_000
const TAIL_MS = 2_000
const IDLE_MS = 20_000

/** What users cost who connect and listen. Their run is no step of the search: nothing is asked of the target in it. */
async function idleUse(around: StepSurroundings, number: number, load: number): Promise<IdleUse[]> {
  if (around.signal.aborted) return []
  const quiet = { ...around, objectives: [], directory: undefined }
  const { idle } = await makeStep(quiet, {
    phase: 'recover',
    number,
    load,
    lengthMs: IDLE_MS,
    more: { isIdle: true },
  })
  return idle
}

/** One run whose rates fall after a minute, so that the target that was overloaded is the one that recovers. */
async function overload(
  { scenario, unit, objectives }: StepSurroundings,
  run: Run,
  { verified, refuted, stepMs }: { verified: number; refuted: number; stepMs: number },
): Promise<CapacityResult['overload'] | string> {
  const [objective] = objectives
  if (objective?.isLatency !== true) return 'no overload was made: the first objective is no latency'
  if (!scenario.activities.every(({ workload }) => 'startRate' in workload))
    return 'no overload was made: closed activities have no rate that could be lowered'
  const load = floorLoad(OVERLOAD_FACTOR * refuted, unit)
  const recoverLoad = floorLoad(RECOVER_SHARE * verified, unit)
  const users = unit === 'users' ? load : scenario.userCount
  // Users take as long to come as in a step.
  const ownFromMs = activeFromMs(scenario)
  const fromMs = Math.max(ownFromMs, (ownFromMs * stepMs) / scenario.durationMs)
  const stages = [
    { durationMs: fromMs, target: users },
    { durationMs: OVERLOAD_MS + RECOVER_MS + TAIL_MS, target: users },
  ]
  const low = recoverLoad / load
  const rateCourse = [
    { durationMs: fromMs - ownFromMs, target: 0 },
    { durationMs: 0, target: 1 },
    { durationMs: OVERLOAD_MS, target: 1 },
    { durationMs: 0, target: low },
    { durationMs: RECOVER_MS, target: low },
  ]
  const done = await run({ phase: 'overload', load, lengthMs: stepMs, more: { stages, rateCourse } })
  if (done?.result === undefined) return 'the overload was not made'
  return recoveryOf(done.result, objective, {
    overloadLoad: load,
    recoverLoad,
    endsAtMs: fromMs + OVERLOAD_MS,
  })
}
