import { calibrationOf } from '../../capacity/ceiling.ts'
import { readTokenFile } from '../../chat/tokens.ts'
import { asLoad } from '../../capacity/loads.ts'
import type { Calibration } from '../../measure/capacity.ts'
import { hardBound, powerOf, secondsBeside } from './loads.ts'
import { makeStep, type StepSurroundings } from './step.ts'
import type { DeploymentFlags } from '../run/deployment.ts'

/** Where a search would like to begin, how long its steps are, and how much time there is for everything. */
export interface CalibrationOrder {
  startLoad: number
  stepMs: number
  budgetS: number | null
  say: (line: string) => void
}

/**
 * Lets the generator work against a target that costs nothing: the reference target with its embedded broker, in a process
 * of its own, with no faults and no service time. Two short steps, of which the first is left out where time is short.
 * Undefined when it was stopped by a signal. Without points where the scenario speaks STOMP alone: the reference target is no such application.
 */
export async function calibrate(
  around: StepSurroundings,
  { startLoad, stepMs, budgetS, say }: CalibrationOrder,
): Promise<Calibration | undefined> {
  const { scenario, unit, signal } = around
  const points: Calibration['points'] = []
  const { bound } = ceilingContext(around)
  const lengthMs = Math.min(stepMs, Math.max(LEAST_STEP_MS, STEP_SHARE * stepMs))
  const stepS = stepMs / 1e3 + secondsBeside(scenario, stepMs)
  const isShort = budgetS !== null && budgetS / stepS < FEWEST_STEPS_FOR_TWO
  const loads = [...(isShort ? [] : [1]), SECOND_FACTOR].map((factor) =>
    asLoad(Math.min(startLoad * factor, bound?.load ?? Number.POSITIVE_INFINITY), unit),
  )
  for (const [i, load] of [...new Set(scenario.stomp === undefined ? loads : [])].entries()) {
    const nobody = { ...around, ...nullTarget(around) }
    const { step, result } = await makeStep(nobody, {
      number: CALIBRATION_SEED + i,
      phase: 'ramp',
      load,
      lengthMs,
    })
    if (signal.aborted) return undefined
    if (result === undefined) {
      say(`calibration: ${step.reasons.join('; ')}`)
      continue
    }
    const cpuShare = Math.max(0, ...result.generator.map((worker) => worker.cpuShare))
    points.push({ load, cpuShare, validity: step.validity })
  }
  return calibrationOf(points, ceilingContext(around))
}

/** What a ceiling depends on beside what was measured. */
export function ceilingContext({
  scenario,
  unit,
  settings,
  flags,
}: Pick<StepSurroundings, 'scenario' | 'unit' | 'settings' | 'flags'>): Parameters<typeof calibrationOf>[1] {
  return {
    unit,
    cpuLimit: scenario.validity.cpuShare,
    power: powerOf(scenario, unit),
    bound: hardBound(unit, settings.sourceAddresses.length || 1, settings.workers, listedUsers(flags)),
  }
}

// --- internal ---

const STEP_SHARE = 0.4
const LEAST_STEP_MS = 10_000
const SECOND_FACTOR = 2.5
/** With a budget for fewer steps, which a search may well need, one must do. */
const FEWEST_STEPS_FOR_TWO = 20
/** Away from the seeds of the search. */
const CALIBRATION_SEED = 1_000_001

/** How many users a token file lets in; undefined without one. */
function listedUsers({ tokens }: DeploymentFlags): number | undefined {
  if (tokens === undefined) return undefined
  const plan = readTokenFile(tokens)
  return plan.kind === 'listed' ? plan.identities.length : undefined
}

/** The reference target, whatever the flags and the scenario name; nothing of it is kept. */
function nullTarget({
  flags,
}: StepSurroundings): Partial<StepSurroundings> & Pick<StepSurroundings, 'flags'> {
  const blank: DeploymentFlags = {
    ...flags,
    target: undefined,
    broker: 'embedded',
    rabbitmq: undefined,
    'amqp-url': undefined,
    'stomp-url': undefined,
    fault: [],
    service: undefined,
    freeze: undefined,
    journal: undefined,
    tokens: undefined,
    'jwt-secret': undefined,
    'jwt-key': undefined,
    'jwt-claims': undefined,
  }
  return { flags: blank, watched: [], managementUrl: undefined, directory: undefined, isReference: true }
}
