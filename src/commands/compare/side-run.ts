import { activeSpanOf, figuresOf, type RunFigures } from '../../compare/figures.ts'
import { StompedeError } from '../../errors.ts'
import type { RunResult } from '../../measure/result.ts'
import { type ResourceWatch, watchResources } from '../../resources/watch.ts'
import type { Side } from './side.ts'
import { namedBy, openDeployment, requireDeployment } from '../run/deployment.ts'
import { measuredRun } from '../run/measured-run.ts'
import { preflight } from '../run/preflight.ts'
import { type PlannedRun, plannedWorld } from '../run/request.ts'
import { startCommand, type StartedCommand } from './start.ts'

/** A run of one side, and what a comparison keeps of it. */
export interface SideRun {
  result: RunResult
  figures: RunFigures
}

/** How a side is started. */
export interface StartCircumstances {
  startTimeoutMs: number
  signal: AbortSignal
  /** Something a person should know. */
  warn: (line: string) => void
}

/**
 * One run against a side with a deployment of its own, which is ended again. Null when the signal came before it began. Throws as
 * `measuredRun` and `startCommand` do.
 */
export async function runSide(
  side: Side,
  planned: PlannedRun,
  { startTimeoutMs, signal, warn }: StartCircumstances,
): Promise<SideRun | null> {
  const plan = ownPlan(side, planned)
  const started =
    side.command === undefined ? undefined : await start(side, plan, { startTimeoutMs, signal, warn })
  if (started === null || signal.aborted) {
    await started?.stop()
    return null
  }
  let watch: ResourceWatch | undefined
  try {
    const result = await measuredRun(plan, side.flags, signal, {
      began: ({ own }) => {
        const pid = started?.pid ?? own?.pid
        // Of a deployment that was there before nobody knows the processes.
        if (pid !== undefined) watch = watchResources([{ name: TARGET, pid, isGroup: true }])
      },
    })
    return { result, figures: figuresOf(result, cpuCoresOf(watch, result)) }
  } finally {
    watch?.stop()
    await started?.stop()
  }
}

/**
 * Refuses sides that no run could be made against, before anything is started: without an address, with one that is no URL or not
 * allowed, with flags that a deployment cannot be opened with. Throws what `openDeployment` would, with the side's name.
 */
export function requireSide(side: Side, planned: PlannedRun): void {
  const { scenario } = planned
  if (side.command !== undefined) addressOf(side, scenario)
  if (side.isReference && scenario.stomp !== undefined) {
    throw new StompedeError(
      'USAGE',
      `${side.name}: the reference target has no place in a scenario that names a broker of its own; give a start command`,
    )
  }
  try {
    requireDeployment(side.flags, namedBy(ownPlan(side, planned).scenario))
  } catch (error) {
    if (!(error instanceof StompedeError)) throw error
    const { code, message, problems } = error
    throw new StompedeError(code, `${side.name}: ${message}`, { problems, cause: error })
  }
}

/** What the target kept busy while messages were sent; null where that could not be seen, or nothing was: it ran elsewhere. */
export function cpuCoresOf(watch: Pick<ResourceWatch, 'use'> | undefined, result: RunResult): number | null {
  const span = activeSpanOf(result)
  if (watch === undefined || span === null) return null
  return watch.use(span.fromMs, span.toMs).find(({ name }) => name === TARGET)?.cpuCores || null
}

// --- internal ---

const TARGET = 'target'

/** A side that is the reference target is that whatever deployment the scenario names. */
function ownPlan({ isReference }: Side, planned: PlannedRun): PlannedRun {
  if (!isReference) return planned
  const { scenario } = planned
  return { ...planned, scenario: { ...scenario, target: { ...scenario.target, url: undefined } } }
}

function start(
  side: Side,
  planned: PlannedRun,
  { startTimeoutMs, signal, warn }: StartCircumstances,
): Promise<StartedCommand | null> {
  const { scenario } = planned
  const url = addressOf(side, scenario)
  return startCommand({
    name: side.name,
    command: side.command ?? '',
    url,
    timeoutMs: startTimeoutMs,
    signal,
    warn,
    answers: async () => {
      const deployment = await openDeployment(side.flags, namedBy(scenario), () =>
        plannedWorld(planned, side.flags),
      )
      await preflight(side.flags, deployment, scenario)
    },
  })
}

/** Where a side's command will listen: the API, or the broker of a scenario that knows no API. */
function addressOf({ name, flags }: Side, { target, stomp }: PlannedRun['scenario']): string {
  const url = flags.target ?? target.url ?? stomp?.url
  if (url !== undefined && URL.canParse(url)) return url
  throw new StompedeError(
    'USAGE',
    url === undefined
      ? `${name} is a start command: say with --target where its API will be`
      : `the target must be an http(s) URL (is ${JSON.stringify(url)})`,
  )
}
