import { run } from '../../engine/run.ts'
import type { RunResult } from '../../measure/result.ts'
import type { Second } from '../../engine/timeline.ts'
import { type Deployment, type DeploymentFlags, namedBy, openDeployment } from './deployment.ts'
import { preflight, requireTokens } from './preflight.ts'
import { type PlannedRun, plannedWorld, runRequest } from './request.ts'

/** Who looks on while a run goes on. */
export interface Onlooker {
  /** The deployment stands and no user has come yet. */
  began?(deployment: Deployment): void
  second?(second: Second): void
}

/**
 * One run from start to end without a word: what a search and a comparison are made of. Every call has connections of its
 * own and, where the target is ours, a target of its own. Writes nothing.
 * Throws as `stompede run` does when a run cannot begin; what happens after that is data in the result.
 */
export async function measuredRun(
  planned: PlannedRun,
  flags: DeploymentFlags,
  signal: AbortSignal,
  onlooker: Onlooker = {},
): Promise<RunResult> {
  const { scenario } = planned
  const deployment = await openDeployment(flags, namedBy(scenario), () => plannedWorld(planned, flags))
  try {
    requireTokens(deployment, scenario)
    await preflight(flags, deployment, scenario)
    onlooker.began?.(deployment)
    return await run({
      ...runRequest(planned, deployment, flags),
      signal,
      onSecond: (second) => onlooker.second?.(second),
    })
  } finally {
    await deployment.close()
  }
}
