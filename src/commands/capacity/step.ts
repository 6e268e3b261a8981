import { join } from 'node:path'
import { activeSeconds } from '../../capacity/achieved.ts'
import type { IdleUse } from '../../capacity/cost.ts'
import type { Objective } from '../../capacity/objective.ts'
import { isBrokenOtherwise } from '../../capacity/level.ts'
import { outcomeOf } from '../../capacity/outcome.ts'
import type { Second } from '../../engine/timeline.ts'
import { StompedeError } from '../../errors.ts'
import type {
  CapacityResult,
  CapacityStep,
  LoadUnit,
  ResourceUse,
  StepPhase,
} from '../../measure/capacity.ts'
import type { RunResult } from '../../measure/result.ts'
import { REPORTERS } from '../../report/reporters.ts'
import { withBroker } from '../../resources/broker-use.ts'
import { type ManagementWatch, watchManagement } from '../../resources/management.ts'
import { type ResourceWatch, type WatchedProcess, watchResources } from '../../resources/watch.ts'
import type { Overrides } from '../../scenario/complete.ts'
import { readScenario } from '../../scenario/read.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { loadOverrides } from './loads.ts'
import type { Deployment, DeploymentFlags } from '../run/deployment.ts'
import { measuredRun } from '../run/measured-run.ts'
import { type PlannedRun, planRun } from '../run/request.ts'

/** What all steps of a search have in common. */
export interface StepSurroundings {
  /** Lets the deployment get over a step that broke more than latencies. */
  rest: () => Promise<void>
  /** The scenario as it is without a step's load. */
  scenario: Scenario
  overrides: Overrides
  unit: LoadUnit
  objectives: readonly Objective[]
  settings: Pick<PlannedRun, 'workers' | 'sourceAddresses'>
  flags: DeploymentFlags
  /** Where results are kept; undefined: nowhere. */
  directory: string | undefined
  watched: readonly WatchedProcess[]
  managementUrl: string | undefined
  /** Talk to the reference target, even where the scenario names another. */
  isReference?: boolean
  signal: AbortSignal
  onSecond: (second: Second) => void
}

/** One step to make. */
export interface StepOrder {
  number: number
  phase: StepPhase
  load: number
  lengthMs: number
  /** Beside what its load changes; stages of its own are not stretched to a length. */
  more?: Partial<Overrides>
}

/** A step that is over. */
export interface MadeStep {
  step: CapacityStep
  idle: IdleUse[]
  /** Undefined where the run could not be made. */
  result: RunResult | undefined
  environment: CapacityResult['environment'] | null
  /** Why it could not. */
  error?: StompedeError
  tookSeconds: number
  /** What was used between two of the run's seconds; nothing where the run could not be made. */
  usedBetween: (fromSecond: number, toSecond: number) => ResourceUse[]
}

/**
 * Makes one run at one load, watches the processes meanwhile and says what came out. A run that could not be made is a
 * fault of the step; that the scenario cannot be read at this load is thrown.
 */
export async function makeStep(around: StepSurroundings, order: StepOrder): Promise<MadeStep> {
  const startedAt = new Date()
  const { planned, lengthMs } = await planStep(around, order)
  const took = (): number => (Date.now() - startedAt.getTime()) / 1e3
  const watches = newWatches(around)
  try {
    const result = await measuredRun(planned, around.flags, around.signal, {
      began: watches.begin,
      second: around.onSecond,
    })
    const usedBetween = (from: number, to: number): ResourceUse[] => {
      const startMs = Date.parse(result.run.startedAt)
      return watches.use(startMs + from * 1e3, startMs + to * 1e3)
    }
    const { fromSecond, toSecond } = activeSeconds(result)
    const kept = around.signal.aborted ? null : await keep(around.directory, order, result)
    const step: CapacityStep = {
      ...headOf(order, planned, startedAt),
      durationSeconds: result.run.durationSeconds,
      ...outcomeOf(result, around.objectives),
      cpuShare: Math.max(0, ...result.generator.map((worker) => worker.cpuShare)),
      resources: usedBetween(fromSecond, toSecond),
      result: kept,
    }
    // Where something broke, quiet seconds are those in which it was still being put right.
    const isBroken = step.isBrokenBeside || isBrokenOtherwise(step, around.objectives)
    const idle = isBroken ? [] : idleOf(result, usedBetween)
    return { step, idle, result, environment: result.environment, tookSeconds: took(), usedBetween }
  } catch (error) {
    if (!(error instanceof StompedeError) || error.code === 'REPORT_UNWRITABLE') throw error
    const step = faultOf(around, headOf(order, planned, startedAt), lengthMs, error)
    return {
      step,
      idle: [],
      result: undefined,
      environment: null,
      error,
      tookSeconds: took(),
      usedBetween: () => [],
    }
  } finally {
    watches.stop()
  }
}

// --- internal ---

async function planStep(
  { scenario, overrides, unit, objectives, settings, isReference = false }: StepSurroundings,
  { number, load, lengthMs, more = {} }: StepOrder,
): Promise<{ planned: PlannedRun; lengthMs: number }> {
  const changed: Overrides = {
    ...overrides,
    ...loadOverrides(scenario, unit, { load, lengthMs, isStretched: more.stages === undefined }),
    // Repeats of one plan would repeat its accidents.
    seed: (scenario.seed + number - 1) % 2 ** 32,
    thresholds: objectives.map(({ threshold: { metric, expression } }) => ({ metric, expression })),
    ...more,
  }
  const loaded = await readScenario(scenario.source, changed)
  if (isReference) loaded.target = { url: undefined, allow: [] }
  return { planned: planRun(loaded, changed, settings), lengthMs: loaded.durationMs }
}

function headOf(
  { number, phase, load }: StepOrder,
  { scenario }: PlannedRun,
  startedAt: Date,
): Pick<CapacityStep, 'number' | 'phase' | 'load' | 'users' | 'seed' | 'startedAt'> {
  const { userCount, seed } = scenario
  return { number, phase, load, users: userCount, seed, startedAt: startedAt.toISOString() }
}

function faultOf(
  { objectives }: StepSurroundings,
  head: ReturnType<typeof headOf>,
  lengthMs: number,
  error: StompedeError,
): CapacityStep {
  return {
    ...head,
    durationSeconds: lengthMs / 1e3,
    outcome: 'fault',
    reasons: [error.message, ...error.problems],
    objectives: objectives.map(({ text, threshold: { limit } }) => ({
      expression: text,
      observed: null,
      limit,
      isAtLeast: false,
      count: null,
      status: 'unknown',
    })),
    isBrokenBeside: false,
    validity: 'invalid',
    latency: null,
    achieved: { deliveriesPerSecond: 0, sentPerSecond: 0, shareOfPlan: 0, errorShare: 0, lost: 0 },
    cpuShare: null,
    resources: [],
    result: null,
  }
}

/** Keeps the run beside the search; returns its path, relative to the search's directory. */
async function keep(
  directory: string | undefined,
  { number, phase, load }: StepOrder,
  result: RunResult,
): Promise<string | null> {
  if (directory === undefined) return null
  const name = join('steps', `${String(number).padStart(2, '0')}-${phase}-${load}`)
  result.run.id = name
  await REPORTERS.json(result, join(directory, name))
  return join(name, 'result.json')
}

interface Watches {
  begin: (deployment: Deployment) => void
  use: (fromMs: number, toMs: number) => ResourceUse[]
  stop: () => void
}

/** Watches what can be seen of a deployment as long as it stands. */
function newWatches({ watched, managementUrl }: StepSurroundings): Watches {
  let resources: ResourceWatch | undefined
  let management: ManagementWatch | undefined
  let processes: readonly WatchedProcess[] = watched
  return {
    begin({ own }) {
      processes = [...watched, ...ownProcesses(own)]
      resources = watchResources(processes)
      const url = managementUrl ?? own?.broker.managementUrl
      if (url !== undefined) management = watchManagement(url)
    },
    use(fromMs, toMs) {
      const uses = resources?.use(fromMs, toMs) ?? []
      const told = management?.most(fromMs, toMs)
      const names = processes.map(({ name }) => name)
      return told === undefined ? uses : withBroker(uses, told, names)
    },
    stop() {
      resources?.stop()
      management?.stop()
    },
  }
}

function ownProcesses(own: Deployment['own']): WatchedProcess[] {
  if (own === undefined) return []
  const broker = own.broker.pid
  return [{ name: 'api', pid: own.pid }, ...(broker === undefined ? [] : [{ name: 'broker', pid: broker }])]
}

const LEAST_IDLE_SECONDS = 3

/** The longest part of a run in which everybody was connected and nothing was asked of anybody, if it is long enough. */
function idleOf(
  { timeline: { columns } }: RunResult,
  usedBetween: (fromSecond: number, toSecond: number) => ResourceUse[],
): IdleUse[] {
  const connected = columns['users_connected'] ?? []
  const users = Math.max(0, ...connected)
  const isQuiet = (i: number): boolean =>
    (connected[i] ?? 0) >= users * 0.99 &&
    ['iterations', 'http_reqs', 'messages_sent', 'ws_msgs_received'].every(
      (name) => (columns[name]?.[i] ?? 0) === 0,
    )
  let best = { from: 0, to: 0 }
  let from = 0
  for (let i = 0; i <= connected.length; i++) {
    if (i < connected.length && isQuiet(i)) continue
    if (i - from > best.to - best.from) best = { from, to: i }
    from = i + 1
  }
  if (users === 0 || best.to - best.from < LEAST_IDLE_SECONDS) return []
  return [{ users, resources: usedBetween(best.from, best.to) }]
}
